"""What is done to a text before its words are compared: upper case and single spaces, nothing else. Version 1."""

NORMALISATION = "upper-case-1"
"""The name and version that stand beside every word error rate; another rule gets another name."""


def normalise(text: str) -> str:
    """Upper case, every run of white space one space, none at the ends; punctuation, digits and accents stay."""
    return " ".join(text.upper().split())


def words(text: str) -> list[str]:
    """The normalised words of a text."""
    return normalise(text).split()
