"""The law: one file for each operator, named like it, and what several of them share."""
