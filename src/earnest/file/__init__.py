"""A program on disk: one safetensors file of packed integers, of which nothing is trusted."""

from earnest.file.program import dumps, load, loads, open_program, save
from earnest.file.report import FileReport, file_report, sections

__all__ = ["FileReport", "dumps", "file_report", "load", "loads", "open_program", "save", "sections"]
