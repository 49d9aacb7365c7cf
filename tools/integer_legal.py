"""What is legal in the law's source: the lists that `integer_source` checks against. What is not here is refused."""

MODULES = {
    "__future__",
    "abc",
    "collections",
    "collections.abc",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "importlib.resources",
    "itertools",
    "pathlib",
    "tomllib",
    "types",
    "typing",
    "earnest.errors",
}
"""Modules that may be imported whole or by name; beside them only `earnest.integer.*` and the ones of NAMES."""

NAMES = {
    "math": {"comb", "gcd", "isqrt", "lcm", "perm", "prod"},
    "operator": {
        "add", "and_", "eq", "floordiv", "ge", "gt", "index", "inv", "itemgetter", "le", "lshift", "lt", "mod", "mul",
        "ne", "neg", "or_", "rshift", "sub", "xor",
    },
    "array_api_compat": {
        "array_namespace", "device", "is_array_api_obj", "is_numpy_array", "is_numpy_namespace", "is_torch_array",
        "is_torch_namespace", "size",
    },
    "numpy.lib.stride_tricks": {"sliding_window_view"},
    "numpy.typing": {"ArrayLike", "DTypeLike", "NDArray"},
}  # fmt: skip
"""Modules of which only these names may be used."""

ARRAY_MODULES = {"numpy", "array_api_compat.numpy"}
"""Modules that are array namespaces: of them only ARRAY_NAMES may be used."""

ARRAY_NAMES = {
    # types and what is known of them
    "bool", "bool_", "dtype", "iinfo", "int8", "int16", "int32", "int64", "integer", "intp", "isdtype", "ndarray",
    "signedinteger", "typing", "uint8", "uint16", "uint32", "unsignedinteger",
    # creation
    "arange", "array", "asarray", "ascontiguousarray", "empty", "empty_like", "frombuffer", "full", "full_like",
    "ones", "ones_like", "tril", "triu", "zeros", "zeros_like",
    # integer arithmetic
    "abs", "add", "argmax", "argmin", "bitwise_and", "bitwise_count", "bitwise_invert", "bitwise_left_shift",
    "bitwise_or", "bitwise_right_shift", "bitwise_xor", "clip", "count_nonzero", "cumsum", "cumulative_sum", "diff",
    "dot", "einsum", "floor_divide", "invert", "left_shift", "matmul", "max", "maximum", "min", "minimum",
    "multiply", "negative", "outer", "positive", "prod", "remainder", "right_shift", "sign", "square", "subtract",
    "sum", "tensordot", "vecdot",
    # comparison and choice
    "all", "any", "array_equal", "equal", "greater", "greater_equal", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "logical_xor", "nonzero", "not_equal", "searchsorted", "sort", "unique", "where",
    # layout
    "append", "astype", "broadcast_arrays", "broadcast_to", "concat", "concatenate", "expand_dims", "flip",
    "matrix_transpose", "moveaxis", "ndindex", "newaxis", "packbits", "pad", "permute_dims", "repeat", "reshape",
    "roll", "squeeze", "stack", "swapaxes", "take", "take_along_axis", "tile", "transpose", "unpackbits", "unstack",
}  # fmt: skip
"""Of numpy and of what `array_namespace` returns, only these."""

DTYPE_REQUIRED = {"empty", "frombuffer", "ones", "zeros"}
"""Creation whose type would be float unless it is said."""

DTYPE_FIRST = {"astype", "dtype", "type", "view"}
"""Calls on an array, or of a namespace, that take a type by position."""

METHODS_REFUSED = {
    "acos", "asin", "atan", "average", "bfloat16", "ceil", "cos", "cosh", "cov", "deg2rad", "div", "divide", "double",
    "einsum_path", "erf", "exp", "exp2", "expm1", "fft", "float", "fromhex", "half", "hypot", "imag", "inv", "linalg",
    "linspace", "log", "log10", "log1p", "log2", "log_softmax", "logspace", "mean", "median", "norm", "normal", "pow",
    "power", "quantile", "rand", "randn", "random", "reciprocal", "rint", "round", "rsqrt", "sigmoid", "sin", "sinh",
    "softmax", "sqrt", "std", "tan", "tanh", "to", "true_divide", "truediv", "trunc", "uniform", "var",
}  # fmt: skip
"""Attributes of arrays that compute in float; fields of `self` may bear these names as long as they are not called."""

DUNDERS = {"__all__", "__doc__", "__init__", "__name__", "__post_init__", "__qualname__", "__setattr__", "__slots__"}
"""Double-underscored names that may be read or called."""

BUILTINS_REFUSED = {
    "__builtins__", "__import__", "__loader__", "__spec__", "breakpoint", "compile", "complex", "delattr", "eval",
    "exec", "float", "globals", "locals", "pow", "round", "vars",
}  # fmt: skip
"""Names that are float, or that reach what this scan cannot see."""
