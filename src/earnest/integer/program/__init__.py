"""A program of operators, its verifier, and the targets that it is verified for."""
