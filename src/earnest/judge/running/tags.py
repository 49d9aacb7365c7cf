"""What is known of the tensors that are alive while a model runs: whether they derive from the data, and from which
constants.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """`data`: derives from the input. `coded`: codes were made of it. `pending`: the affine operators on the way from
    codes to it, which are the exit's dequantizer unless something goes on computing. `ranged`: the elements of the
    range of data that it was computed from, or 0. `leaves`: the constants that it was computed from. `factors`: the
    operands whose elements it multiplies. `blank`: memory that nothing has been written into.
    """

    data: bool = False
    coded: bool = False
    pending: frozenset[int] = frozenset()
    ranged: int = 0
    leaves: frozenset[int] = frozenset()
    factors: tuple[Tensor, ...] = ()
    blank: bool = False


@dataclass(slots=True)
class Tags:
    """The tags of living tensors. `leaves` are those that no operator made: parameters, and what is from elsewhere."""

    leaves: list[Tensor] = field(default_factory=list)
    _tags: Any = field(default_factory=WeakTensorKeyDictionary)
    _handed: dict[int, tuple[Tensor, bytes]] = field(default_factory=dict)
    _written: dict[int, tuple[Tensor, Tag]] = field(default_factory=dict)

    def of(self, tensor: Tensor) -> Tag:
        """The tensor's tag; one that was never seen is a constant."""
        tag = self._tags.get(tensor)
        if tag is None:
            tag = Tag(leaves=frozenset({len(self.leaves)}))
            self.leaves.append(tensor)
            self._tags[tensor] = tag
        written = self._written.get(_storage(tensor))
        if written is not None:
            tag = replace(tag, data=tag.data or written[1].data, coded=tag.coded or written[1].coded)
        return tag

    def known(self, tensor: Tensor) -> bool:
        """Whether it was seen before."""
        return tensor in self._tags

    def set(self, tensor: Tensor, tag: Tag) -> None:
        """What an operator made."""
        self._tags[tensor] = tag

    def write(self, tensor: Tensor, tag: Tag) -> None:
        """What an operator wrote into; every view of the same memory is concerned, and it is kept from reuse."""
        place = _storage(tensor)
        before = self._written.get(place, (tensor, Tag()))[1]
        merged = Tag(data=tag.data or before.data, coded=tag.coded or before.coded)
        self._written[place] = (tensor, merged)
        if place in self._handed:
            self.hand_out(self._handed[place][0])
        self._tags[tensor] = replace(tag, leaves=tag.leaves | self.of(tensor).leaves)

    def hand_out(self, tensor: Tensor) -> None:
        """Somebody has the address of its memory."""
        self._handed[_storage(tensor)] = (tensor, digest(tensor))

    def changed_unseen(self, tensors: Sequence[Tensor]) -> bool:
        """Whether memory that was handed out holds what no operator has written."""
        places = {_storage(tensor) for tensor in tensors} & self._handed.keys() if self._handed else ()
        return any(digest(self._handed[place][0]) != self._handed[place][1] for place in places)

    def stored_as_codes(self, tensor: Tensor, tag: Tag) -> bool:
        """Whether a constant was computed from integers, with no more floats than scales can be."""
        sources = [self.leaves[index] for index in tag.leaves]
        real = sum(source.numel() for source in sources if source.is_floating_point())
        integers = sum(source.numel() for source in sources if not source.is_floating_point())
        return 8 * integers >= tensor.numel() >= 2 * real

    def is_parameter(self, tag: Tag) -> bool:
        """Whether a constant was computed from parameters of the model."""
        return any(isinstance(self.leaves[index], torch.nn.Parameter) for index in tag.leaves)

    def is_of_matrix(self, tag: Tag) -> bool:
        """Whether a constant was computed from a parameter that has more than one axis, as weights have."""
        sources = [self.leaves[index] for index in tag.leaves]
        return any(isinstance(each, torch.nn.Parameter) and sum(n > 1 for n in each.shape) > 1 for each in sources)


def _storage(tensor: Tensor) -> int:
    try:
        return tensor.untyped_storage()._cdata if tensor.layout is torch.strided else 0
    except (NotImplementedError, RuntimeError):  # a wrapper without memory of its own
        return 0


def digest(tensor: Tensor) -> bytes:
    """SHA-256 of type, shape and values; a tensor class with parts counts by them."""
    plain = tensor.detach().cpu()
    label = f"{plain.dtype} {tuple(plain.shape)} ".encode()
    flatten = getattr(plain, "__tensor_flatten__", None)
    if flatten is not None:
        names, context = flatten()
        parts = [label, repr(context).encode(), *(digest(getattr(plain, name)) for name in names)]
        return hashlib.sha256(b"".join(parts)).digest()
    if plain.layout is not torch.strided:
        plain = plain.to_dense()
    if plain.is_quantized:
        plain = plain.int_repr()
    content = plain.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
    return hashlib.sha256(label + content).digest()
