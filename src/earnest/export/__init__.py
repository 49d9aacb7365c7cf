"""A program in other people's formats; reads programs only."""
