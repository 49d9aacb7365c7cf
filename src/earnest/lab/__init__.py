"""Experiments: specification, runs, searches."""
