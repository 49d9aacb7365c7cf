"""What must hold of a program file."""

from earnest.judge.level import Level
from earnest.judge.verdict import Rule

INTEGER_TENSORS = Rule(name="integer-tensors", asks="every tensor of the file has an integer type", cap=Level.NONE)
INTEGER_TEXT = Rule(name="integer-text", asks="every number in the text of the file is an integer", cap=Level.NONE)
NOTHING_HIDDEN = Rule(
    name="nothing-hidden",
    asks="every byte of the file belongs to its canonical header or to a tensor that a step reads",
    cap=Level.NONE,
)
DIGEST = Rule(name="digest", asks="the file's own SHA-256 is that of its contents", cap=Level.NONE)
KNOWN_OPERATORS = Rule(
    name="known-operators", asks="every step is an operator of the law, with its fields and no others", cap=Level.NONE
)
CLAIMED_WIDTHS = Rule(
    name="claimed-widths",
    asks="every code has the width that is claimed of it: in the file's bytes, as a weight, and where it is read",
    cap=Level.NONE,
)
CONSTANTS = Rule(
    name="constants", asks="biases, zero points, tables and shapes of constants are those of the law", cap=Level.NONE
)
MULTIPLIERS = Rule(
    name="multipliers", asks="every multiplier and shift is within the law: no scale is hidden in one", cap=Level.NONE
)
SHAPES = Rule(name="shapes", asks="every operator's operands fit at every length that is claimed", cap=Level.NONE)
ACCUMULATORS = Rule(name="accumulators", asks="no sum can overflow, at any length and for any codes", cap=Level.NONE)
UNROUNDED = Rule(
    name="unrounded", asks="a product that is handed on unrounded is its accumulator, and fits", cap=Level.NONE
)
TARGET = Rule(name="target", asks="the target has every operator at the widths that it is used with", cap=None)
FROM_INPUT = Rule(name="from-input", asks="the result is computed from what the program hears", cap=Level.NONE)
ALL_READ = Rule(name="all-read", asks="every step's value is read: none is there to dilute the average width", cap=None)
HEADLINE = Rule(
    name="headline", asks="names like w4a8 are true of every weight and of what the weights multiply", cap=None
)
DECLARED = Rule(
    name="declared",
    asks="the front end, the step from features to codes, tokens, decoding and what calibration heard are declared",
    cap=Level.H3,
)

RULES = (
    INTEGER_TENSORS,
    INTEGER_TEXT,
    NOTHING_HIDDEN,
    DIGEST,
    KNOWN_OPERATORS,
    CLAIMED_WIDTHS,
    CONSTANTS,
    MULTIPLIERS,
    SHAPES,
    ACCUMULATORS,
    UNROUNDED,
    TARGET,
    FROM_INPUT,
    ALL_READ,
    HEADLINE,
    DECLARED,
)

PROVED = (CONSTANTS, MULTIPLIERS, SHAPES, ACCUMULATORS, UNROUNDED, TARGET, FROM_INPUT)
"""Those that are asked of operators, and cannot be where the operators cannot be read."""
