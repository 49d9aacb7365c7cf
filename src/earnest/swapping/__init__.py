"""Capture, operator table, rules, replacement: a float model becomes a model of twins, leaving nothing out."""
