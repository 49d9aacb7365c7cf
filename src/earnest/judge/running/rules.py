"""What must hold of a running model."""

from earnest.judge.level import Level
from earnest.judge.verdict import Rule

QUANTIZED_WEIGHTS = Rule(
    name="quantized-weights",
    asks="every weight that meets the data lies on a uniform grid of at most 256 codes, or is stored as codes",
    cap=Level.NONE,
)
ALL_INSIDE = Rule(
    name="all-inside",
    asks="no product with a parameter lies outside of the codes in and the codes out",
    cap=Level.NONE,
)
NO_EXITS = Rule(
    name="no-exits",
    asks="no value of the data leaves the tensors and comes back where it cannot be followed",
    cap=Level.NONE,
)
QUANTIZED_ACTIVATIONS = Rule(
    name="quantized-activations", asks="every product reads activations that lie on a uniform grid", cap=Level.H0
)
INTEGER_PRODUCTS = Rule(
    name="integer-products", asks="every product, both of attention's included, reads integers", cap=Level.H1
)
WHOLE_CODES = Rule(name="whole-codes", asks="what is handed on as codes is whole numbers", cap=Level.H1)
EXACT_CARRIERS = Rule(name="exact-carriers", asks="every sum of integers fits the type that carries it", cap=Level.H1)
KNOWN_OPERATORS = Rule(
    name="known-operators", asks="every operator is one of torch's own, into which the census can see", cap=Level.H1
)
PLAIN_PRECISION = Rule(
    name="plain-precision", asks="nothing runs under autocast or at a reduced precision of products", cap=Level.H1
)
NO_FLOAT_OPERATORS = Rule(
    name="no-float-operators",
    asks="between the entry's quantizer and the exit's dequantizer, no operator computes what is not whole",
    cap=Level.H2,
)
STATIC_SCALES = Rule(name="static-scales", asks="no range of the data at hand scales the data", cap=Level.H2)
STABLE_STATE = Rule(
    name="stable-state",
    asks="running the model changes nothing in it, and the order of utterances no result",
    cap=Level.NONE,
)
EVALUATION_MODE = Rule(name="evaluation-mode", asks="no dropout and no batch norm is in training", cap=Level.NONE)
NEIGHBOURS = Rule(
    name="neighbours", asks="an utterance gives the same codes alone and among louder neighbours", cap=Level.H2
)

PRODUCT_RULES = (QUANTIZED_WEIGHTS, QUANTIZED_ACTIVATIONS, INTEGER_PRODUCTS, EXACT_CARRIERS)
"""Those that say nothing of a model in which no product was seen."""

TRACE_RULES = (
    *PRODUCT_RULES,
    ALL_INSIDE,
    WHOLE_CODES,
    NO_EXITS,
    KNOWN_OPERATORS,
    PLAIN_PRECISION,
    NO_FLOAT_OPERATORS,
    STATIC_SCALES,
)
STATE_RULES = (STABLE_STATE, EVALUATION_MODE)
