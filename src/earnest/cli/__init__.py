"""The command line: one file per command, which parses, calls and prints. Heavy rooms are imported by the command."""

from earnest.cli.application import main

__all__ = ["main"]
