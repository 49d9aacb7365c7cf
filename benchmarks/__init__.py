"""Benchmarks: programs on the native engine against whatever else a user could pick on the same machine."""
