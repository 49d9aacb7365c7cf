"""Experiments: specification, run, ledger, tables, report."""
