"""The operators of the law by name, and what a file says of each (docs/file-format.md, "The names")."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The fields of one operator: plain ones, the arrays that are tensors, and those among the step's constants."""

    fields: tuple[str, ...]
    tensors: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    operands: int | None = 1


_RESULT = ("zero_point", "bits", "signed")
_WEIGHTED = ("weight_bits", "weight_map", "weight_group", "input_bits", "input_signed", *_RESULT)
_WINDOWS = ("strides", "padding", "dilations", "groups", "input_zero_point")
_FACTORS = ("group_multiplier", "bias", "multiplier", "shift")
_CONVOLUTION = Kind(fields=(*_WEIGHTED, *_WINDOWS), tensors=("weight",), constants=_FACTORS)

_RECURRENCE = Kind(
    fields=("weight_bits", "weight_map", "weight_group", "output_multiplier", "output_shift", "reverse", *_RESULT),
    tensors=("weight",),
    constants=(*_FACTORS, "sigmoid", "tanh"),
)

RECURRENT = ("lstm", "gru")
"""Those that multiply what they made one step before with weights."""

KINDS = {
    "linear": Kind(fields=_WEIGHTED, tensors=("weight",), constants=_FACTORS),
    "conv1d": _CONVOLUTION,
    "conv2d": _CONVOLUTION,
    "embedding": Kind(
        fields=("weight_bits", "weight_map", "weight_group", *_RESULT),
        tensors=("weight",),
        constants=("group_multiplier", "multiplier", "shift"),
    ),
    **dict.fromkeys(RECURRENT, _RECURRENCE),
    "matmul": Kind(
        fields=("left_bits", "right_bits", "left_zero_point", "right_zero_point", "multiplier", "shift", *_RESULT),
        operands=2,
    ),
    "add": Kind(fields=("zero_points", "multipliers", "shift", *_RESULT), operands=None),
    "mul": Kind(fields=("left_zero_point", "right_zero_point", "multiplier", "shift", *_RESULT), operands=2),
    "table": Kind(fields=("input_bits", "input_signed", "bits"), constants=("table",)),
    "interpolated_table": Kind(fields=("bits",), constants=("table",)),
    "glu": Kind(
        fields=(
            *("gate_bits", "axis", "input_bits", "input_signed", "input_zero_point", "multiplier", "shift"),
            *_RESULT,
        ),
        constants=("gate",),
    ),
    "softmax": Kind(fields=("input_bits", "fine_bits", "masked"), constants=("coarse", "fine")),
    "exponential": Kind(fields=("input_bits", "masked"), constants=("table",)),
    "weighted_mean": Kind(fields=("right_bits", "right_zero_point", "multiplier", "shift", *_RESULT), operands=2),
    "layer_norm": Kind(fields=("epsilon", "input_bits", *_RESULT), constants=("multiplier", "shift", "bias")),
    "rms_norm": Kind(
        fields=("epsilon", "input_bits", "input_zero_point", *_RESULT), constants=("multiplier", "shift", "bias")
    ),
    "group_norm": Kind(
        fields=("groups", "pre_shift", "epsilon", "epsilon_shift", "input_bits", *_RESULT),
        constants=("multiplier", "shift", "bias"),
    ),
    "relative_shift": Kind(fields=()),
    "reshape": Kind(fields=("shape",)),
    "transpose": Kind(fields=("order",)),
    "slice": Kind(fields=("axis", "start", "stop", "step")),
    "pad": Kind(fields=("before", "after", "zero_point")),
    "concat": Kind(fields=("axis",), operands=None),
    "constant": Kind(fields=("bits",), tensors=("codes",), operands=0),
}

LAYOUT = ("relative_shift", "reshape", "transpose", "slice", "pad", "concat")
"""Those that move codes and change none."""

MULTIPLYING = ("linear", "conv1d", "conv2d")
"""Those that multiply what they read with weights."""

WEIGHTED = (*MULTIPLYING, *RECURRENT, "embedding")
"""Those with weights."""

PRODUCTS = (*MULTIPLYING, *RECURRENT, "matmul", "weighted_mean")
"""Those that multiply and accumulate."""

_WIDTHS = ("weight_bits", "input_bits", "left_bits", "right_bits", "gate_bits", "bits")
_INTEGERS = (
    *("zero_point", "input_zero_point", "left_zero_point", "right_zero_point"),
    *("multiplier", "output_multiplier", "groups", "weight_group", "axis", "epsilon", "step"),
)
_LISTS = ("strides", "padding", "dilations", "zero_points", "multipliers", "order", "before", "after")
_TRUTHS = ("signed", "input_signed", "masked", "reverse")


def well_typed(name: str, value: object) -> bool:
    """Whether the value of a plain field is of the type that its name has in every operator."""
    if name in _WIDTHS:
        return type(value) is int and 1 <= value <= 32
    if name in ("shift", "output_shift", "fine_bits", "pre_shift", "epsilon_shift"):
        return type(value) is int and 0 <= value <= 64
    if name in _LISTS:
        return isinstance(value, list) and all(type(part) is int for part in value)
    if name in _TRUTHS:
        return isinstance(value, bool)
    return type(value) is int if name in _INTEGERS else name != "shape" or isinstance(value, list)
