"""What the plain fields of an operator may hold: one predicate for each type of field."""


def width(value: object) -> bool:
    """A width in bits."""
    return type(value) is int and 1 <= value <= 32


def shift(value: object) -> bool:
    """An amount to shift by, or a number of low bits."""
    return type(value) is int and 0 <= value <= 64


def integer(value: object) -> bool:
    """A zero point, a multiplier, an axis, a count."""
    return type(value) is int


def integers(value: object) -> bool:
    """One integer for each operand, axis or window."""
    return isinstance(value, list) and all(type(part) is int for part in value)


def truth(value: object) -> bool:
    """True or false."""
    return isinstance(value, bool)


def extent(value: object) -> bool:
    """One dimension. Anything passes: it is asked what it means where its extent is worked out."""
    del value
    return True


def extents(value: object) -> bool:
    """Several dimensions, each as above."""
    return isinstance(value, list)


def weight_map(value: object) -> bool:
    """How weights are coded. Anything passes: it is asked where it is compared with how the file stores them."""
    del value
    return True


RESULT = {"zero_point": integer, "bits": width, "signed": truth}
"""The fields of a result on a grid of its own."""
