"""ONLY INTEGERS: the law. Fixed point, one file per operator, the program, its verifier, packing.

`docs/semantics.md` is the same law in mathematics; the numbers E1, E2, ... in the docstrings are its equations.
"""
