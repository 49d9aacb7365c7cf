"""Twins: one file for each operator of the law, named like it, and what several of them share."""
