"""What torch's operators are: which multiply and accumulate, which only move, which round, which find a range."""

from typing import Any

import torch

_WHOLE_TYPES = {torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}
_CODED_TYPES = {torch.quint8, torch.qint8, torch.qint32}

EXACT = {
    torch.bool: 1,
    torch.uint8: 1 << 8,
    torch.int8: 1 << 7,
    torch.int16: 1 << 15,
    torch.int32: 1 << 31,
    torch.int64: 1 << 63,
    torch.float16: 1 << 11,
    torch.bfloat16: 1 << 8,
    torch.float32: 1 << 24,
    torch.float64: 1 << 53,
}
"""Every sum of integers whose terms' magnitudes add up to less than this is exact in the type."""

NAMESPACES = {"aten", "prim", "prims", "quantized", "quantized_decomposed", "mkldnn", "onednn"}
"""Those of torch itself; what another namespace computes cannot be seen."""

PRODUCTS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("mm", "bmm", "mv", "dot", "vdot", "matmul", "linear", "ger", "_int_mm", "_scaled_mm"), (0, 1)),
    **dict.fromkeys(("addmm", "addmv", "addbmm", "baddbmm", "addr", "_addmm_activation"), (1, 2)),
    **dict.fromkeys(("convolution", "_convolution", "convolution_overrideable", "mkldnn_convolution"), (0, 1)),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "mkldnn_linear", "linear_relu", "conv2d_relu"), (0, 1)),
    **dict.fromkeys(("_weight_int8pack_mm", "_weight_int4pack_mm", "_weight_int4pack_mm_for_cpu"), (0, 1)),
    **dict.fromkeys(("linear_dynamic", "linear_dynamic_fp16", "linear_relu_dynamic"), (0,)),
    "_dyn_quant_matmul_4bit": (0, 1),
    "embedding": (0,),
}
"""The places of the operands; the attention functions and operators of other namespaces read all their tensors."""

_ATTENTION = "scaled_dot_product"
_ROUNDING = {"round", "floor", "ceil", "trunc", "sign"}
_AFFINE = {"add", "sub", "rsub", "mul", "div", "neg", "_to_copy", "clamp", "clamp_min", "clamp_max", "dequantize"}
_MOVES = {
    *("view", "_unsafe_view", "reshape", "clone", "copy", "detach", "alias", "lift_fresh", "lift_fresh_copy"),
    *("expand", "permute", "transpose", "t", "unsqueeze", "squeeze", "select", "slice", "split", "split_with_sizes"),
    *("chunk", "cat", "stack", "unbind", "index", "index_select", "gather", "take", "index_put"),
    *("constant_pad_nd", "pad", "roll", "flip", "repeat", "as_strided", "unfold", "narrow", "diagonal", "im2col"),
    *("masked_fill", "where", "tril", "triu", "_reshape_alias", "contiguous", "fill", "zero", "empty"),
    *(
        "view_as",
        "embedding",
        "unsafe_split",
        "unsafe_chunk",
        "new_zeros",
        "new_full",
        "select_scatter",
        "slice_scatter",
        "sort",
    ),
    *("topk", "max_pool1d", "max_pool2d", "max_pool2d_with_indices", "amax", "amin", "max", "min", "relu"),
    *("maximum", "minimum", "reflection_pad1d", "replication_pad1d", "_local_scalar_dense", "int_repr"),
    *("empty_like", "zeros_like", "ones_like", "full_like", "dropout", "native_dropout", "new_empty", "new_ones"),
}
_ANEW = {"empty_like", "zeros_like", "ones_like", "full_like", "new_zeros", "new_full", "new_empty", "new_ones"}
_RANGES = {
    "amax",
    "amin",
    "aminmax",
    "max",
    "min",
    "norm",
    "linalg_vector_norm",
    "quantile",
    "kthvalue",
    "sort",
    "topk",
}
_SCALERS = {"mul", "div", "true_divide", "floor_divide", "__rshift__", "__lshift__"}
_ARITHMETIC = {"add", "sub", "rsub", "mul", "pow", "sum", "cumsum", "square", "addcmul"}


def name_of(func: Any) -> str:
    """The operator's name without its namespace and overload, and without the mark of one that works in place."""
    name = func._schema.name.split("::")[-1]
    return name if name.startswith("__") else name.rstrip("_")


def namespace_of(func: Any) -> str:
    """The library that an operator belongs to."""
    return func._schema.name.split("::", maxsplit=1)[0]


def is_product(func: Any) -> bool:
    """Multiplies and accumulates, or might: nobody sees into an operator of another library."""
    return name_of(func) in PRODUCTS or _ATTENTION in name_of(func) or namespace_of(func) not in NAMESPACES


def is_attention(func: Any) -> bool:
    """Both products of attention in one, with the softmax between them."""
    return _ATTENTION in name_of(func)


def moves(func: Any) -> bool:
    """Only moves or chooses among its operands' values."""
    return func.is_view or name_of(func) in _MOVES


def rounds(func: Any) -> bool:
    """Makes whole numbers of any."""
    return name_of(func) in _ROUNDING


def is_affine(func: Any) -> bool:
    """Scales, shifts or clips each element by itself."""
    return name_of(func) in _AFFINE


def finds_range(func: Any) -> bool:
    """Reduces its operand to how large it is."""
    return name_of(func) in _RANGES


def scales(func: Any) -> bool:
    """Brings one operand to another scale by the other."""
    name = name_of(func)
    return name in _SCALERS or name.startswith(("quantize_per", "fake_quantize", "_fake_quantize"))


def makes_anew(func: Any) -> bool:
    """Takes the shape of its operand, and no value."""
    return name_of(func) in _ANEW


def is_blank(func: Any) -> bool:
    """Takes memory, and writes nothing into it."""
    return name_of(func) in {"empty", "empty_like", "new_empty", "empty_strided"}


def is_dynamic(func: Any) -> bool:
    """Chooses a scale from the data by itself."""
    name = name_of(func)
    return (
        ("dynamic" in name and "fp16" not in name)
        or "choose_qparams" in name
        or "dyn_quant" in name
        or "moving_avg_obs" in name
    )


def adds_or_multiplies(func: Any) -> bool:
    """Makes whole numbers of whole ones, wherever its type holds them."""
    return name_of(func) in _ARITHMETIC


def whole(tensor: torch.Tensor) -> bool:
    """Whether every value is an integer (or an infinity, which masks)."""
    if tensor.dtype in _WHOLE_TYPES or tensor.dtype in _CODED_TYPES:
        return True
    if tensor.is_complex() or tensor.numel() == 0:
        return not tensor.is_complex()
    return bool((tensor == tensor.round()).all()) if tensor.is_floating_point() else False
