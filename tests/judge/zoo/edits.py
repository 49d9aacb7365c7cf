"""Changes of the operator list and of the tensors of a file, each of which something should notice."""

from typing import Any

import numpy as np
from tests.judge.zoo.planting import put, step_of, with_header


def float_tensor(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """A float tensor where the weights of the head should be: the same bytes, another type."""
    tensors["logits.weight"] = tensors["logits.weight"].reshape(-1).view(np.float32)


def float_bytes(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """The float weights travel along, under an integer type."""
    tensors["zz.weight"] = np.linspace(-1, 1, 80, dtype=np.float32).view(np.int32)


def wide_shifts(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """The table of the activation packed in 16 bits where 8 do: room for a secret."""
    step = step_of(manifest, "silu")
    (entry,) = step[5]
    entry[0] = 16
    tensors["silu.constants"] = tensors["silu.constants"].astype("<u2").view(np.uint8)


def wide_input(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """An input of 16 bits whose codes reach further."""
    manifest["inputs"][0]["high"] = 1 << 20


def renamed_kind(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """The activation is computed by something that is not the law's."""
    manifest["kinds"]["float_silu"] = manifest["kinds"]["table"]
    del manifest["kinds"]["table"]
    step_of(manifest, "silu")[1] = "float_silu"


def other_names(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """The fields of an operator under names of its own."""
    manifest["kinds"]["table"]["fields"] = ["input_bits", "input_signed", "scale"]


def more_operands(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """A table that reads two values."""
    step = step_of(manifest, "silu")
    step[2] = [*step[2], step[2][0]]


def claimed_narrow(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Weights of 8 bits that say they have 4."""
    put("logits", "weight_bits", 4)(manifest, tensors)


def lowest_weight(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """-128, which is no weight code."""
    tensors["logits.weight"][0, 0] = -128


def claimed_constant(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """A constant stored in 16 bits that says it has 8."""
    step_of(manifest, "positions")[4][0][1] = 16
    tensors["positions.codes"] = tensors["positions.codes"].astype(np.int16)


def wide_bias(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Biases around 2^40."""
    step_of(manifest, "logits")[5][0][1] += 1 << 40


def real_number(data: bytes) -> bytes:
    """A real number among the parameters."""
    return with_header(
        data, lambda text: _filled(text.replace('\\"pre_emphasis\\":\\"0.97\\"', '\\"pre_emphasis\\":0.97'))
    )


def no_channels(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """An input without channels."""
    manifest["inputs"][0]["shape"][2] = 0


def flipped(data: bytes) -> bytes:
    """One bit of the last tensor."""
    return data[:-1] + bytes([data[-1] ^ 1])


def spaced(data: bytes) -> bytes:
    """The operator list with spaces, in which something may be written."""
    return with_header(data, lambda text: _filled(text.replace('\\"steps\\":', '\\"steps\\": ')))


def _filled(text: str) -> str:
    text = text.rstrip(" ")
    return text + " " * (-len(text.encode()) % 8)
