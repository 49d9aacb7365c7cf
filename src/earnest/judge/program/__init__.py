"""Judging a program file from the file alone, by a reader and a proof of its own."""
