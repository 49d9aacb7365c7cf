"""The census of a running model: a mode under every operator that torch dispatches, whoever called it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from earnest.judge.running.operands import Kind, Operand, exceeded, operand, operands_of, overflow, shortcoming
from earnest.judge.running.operators import (
    EXACT,
    NAMESPACES,
    PRODUCTS,
    adds_or_multiplies,
    finds_range,
    is_affine,
    is_attention,
    is_blank,
    is_dynamic,
    is_product,
    makes_anew,
    moves,
    name_of,
    namespace_of,
    scales,
    whole,
)
from earnest.judge.running.rules import (
    ALL_INSIDE,
    EXACT_CARRIERS,
    KNOWN_OPERATORS,
    NO_EXITS,
    NO_FLOAT_OPERATORS,
    PLAIN_PRECISION,
    QUANTIZED_WEIGHTS,
    STATIC_SCALES,
)
from earnest.judge.running.tags import Tag, Tags, digest
from earnest.judge.verdict import Rule

Key = tuple[str, tuple[str, ...], tuple[str, ...]]


@dataclass(slots=True)
class CensusRow:
    """How often an operator with these types ran, where, and whether it computed what is not whole."""

    calls: int = 0
    real: bool = False
    modules: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Found:
    """What several runs found: rows of the census, the first word on each (rule, place), and products by their worst
    operand.
    """

    rows: dict[Key, CensusRow] = field(default_factory=dict)
    notes: dict[tuple[Rule, str], str] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)
    kinds: dict[Any, Kind] = field(default_factory=dict)


class Trace(TorchDispatchMode):
    """One run of the model. `inside` says whether the codes in have been reached and the codes out not yet left;
    `path` is the module that runs.
    """

    def __init__(self, inputs: Iterable[Tensor], found: Found, *, inside: bool) -> None:
        super().__init__()
        self.tags, self.found, self.inside, self.path = Tags(), found, inside, ""
        self.paused = False
        self.scalars: set[tuple[str, ...]] = set()
        self.met: set[bytes] = set()
        self._pending: dict[int, tuple[str, str, Key]] = {}
        self._inputs = list(inputs)
        for tensor in self._inputs:
            self.tags.set(tensor, Tag(data=True, coded=whole(tensor)))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operator, and judge it where it touches the data."""
        if self.paused:
            return func(*args, **(kwargs or {}))
        if any(kind not in (Tensor, torch.nn.Parameter, torch.nn.Buffer) for kind in types):
            return NotImplemented  # the tensor class takes it apart; its parts come back here
        kwargs = kwargs or {}
        operands = _tensors((args, kwargs))
        factors = self._factors(func, args, operands)
        excess = self._excess_before(func, args, kwargs, factors)
        types_in = tuple(_short(tensor) for tensor in operands)
        self._note_scalars(func, args, kwargs)
        tags = [self.tags.of(tensor) for tensor in operands]
        wholes = [whole(tensor) for tensor in operands]
        self._note_met(func, operands, tags)
        result = func(*args, **kwargs)
        outputs = _tensors(result)
        made = Tag(
            data=any(tag.data for tag in tags) and not makes_anew(func),
            coded=any(tag.coded for tag in tags),
            leaves=frozenset().union(*(tag.leaves for tag in tags if not tag.data)),
        )
        key = (f"{namespace_of(func)}.{name_of(func)}", types_in, tuple(_short(tensor) for tensor in outputs))
        call = Call(func=func, operands=operands, tags=tags, wholes=wholes, outputs=outputs, key=key)
        if made.data and self.inside:
            made = self._judge(call, made, factors, excess)
        elif made.data:
            self._judge_outside(call, tags)
        self._remember(call, made)
        return result

    def note(self, rule: Rule, what: str, where: str | None = None) -> None:
        """The first word on a rule at a place."""
        self.found.notes.setdefault((rule, where or self.path or "model"), what)

    def _place(self, key: Key) -> str:
        return f"{self.path or 'model'}: {key[0]}"

    def _factors(self, func: Any, args: Any, operands: list[Tensor]) -> list[Operand]:
        """The factors of a product, or of a sum of elementwise products, which is one by another name."""
        if not self.inside or is_dynamic(func) or not any(self.tags.of(tensor).data for tensor in operands):
            return []
        if is_product(func):
            found = operands_of(func, args, self.tags, self.found.kinds)
            return found if len(found) > 1 or name_of(func) in PRODUCTS else []
        if name_of(func) in ("sum", "mean"):
            return [operand(tensor, self.tags, self.found.kinds) for tensor in self.tags.of(operands[0]).factors]
        return []

    def _excess_before(self, func: Any, args: Any, kwargs: Any, factors: list[Operand]) -> str:
        if not factors or not is_product(func) or is_attention(func) or name_of(func) == "embedding":
            return ""
        if namespace_of(func) not in NAMESPACES:
            return ""
        dtype = kwargs.get("out_dtype") or (torch.int32 if name_of(func) == "_int_mm" else factors[0][0].dtype)
        return overflow(func, args, kwargs, factors, dtype)

    def _judge(self, call: "Call", made: Tag, factors: list[Operand], excess: str) -> Tag:
        """Everything that is asked of one operator between the codes in and the codes out."""
        place, func = self._place(call.key), call.func
        row = self.found.rows.setdefault(call.key, CensusRow())
        row.calls += 1
        row.modules.add(self.path)
        if namespace_of(func) not in NAMESPACES:
            self.note(KNOWN_OPERATORS, "an operator of another library: what it computes cannot be seen", place)
        if factors:
            self._judge_product(call, factors, place)
        excess = excess or self._excess_after(call)
        if excess:
            self.note(EXACT_CARRIERS, excess, place)
        if is_dynamic(func) or self._rescales(call):
            self.note(STATIC_SCALES, "a range of the data at hand becomes a scale of the data", place)
        self._judge_real_weight(call, place)
        return self._judge_float(call, made, place)

    def _judge_product(self, call: "Call", factors: list[Operand], place: str) -> None:
        found = shortcoming(factors, sealed=False)
        if name_of(call.func) == "embedding":  # reads one operand, and computes nothing
            if found is not None and found[0] is QUANTIZED_WEIGHTS:
                self.note(*found, place)
            return
        sealed = is_attention(call.func) or namespace_of(call.func) not in NAMESPACES
        worst = min([Kind.GRID if sealed else Kind.CODES, *(kind for _, kind, _ in factors)])
        self.found.products[worst.name.lower()] = self.found.products.get(worst.name.lower(), 0) + 1
        found = shortcoming(factors, sealed=sealed)
        if found is not None:
            self.note(*found, place)
        reduced = torch.get_float32_matmul_precision() != "highest"
        if reduced and factors[0][0].dtype is torch.float32:
            self.note(PLAIN_PRECISION, "expected float32 products of full precision, got a reduced one", place)

    def _excess_after(self, call: "Call") -> str:
        """Integers that an elementwise operator makes larger than their float carrier holds exactly."""
        output = call.outputs[0] if call.outputs else None
        if output is None or not adds_or_multiplies(call.func) or not output.is_floating_point():
            return ""
        if not all(call.wholes) or not whole(output) or output.numel() == 0:
            return ""
        largest = float(torch.where(torch.isfinite(output), output, 0.0).abs().max())
        return exceeded(largest, output.dtype) if largest > EXACT.get(output.dtype, 1 << 63) else ""

    def _rescales(self, call: "Call") -> bool:
        if not scales(call.func) or not call.outputs:
            return False
        size = call.outputs[0].numel()
        ranged = [
            tag.ranged > 0 and tensor.numel() < size for tensor, tag in zip(call.operands, call.tags, strict=True)
        ]
        return any(ranged) and any(tag.data and not tag.ranged for tag in call.tags)

    def _judge_real_weight(self, call: "Call", place: str) -> None:
        """A parameter that is no code meets the data in an operator that is no product by name."""
        if is_product(call.func) or moves(call.func) or name_of(call.func) in ("add", "sub", "rsub"):
            return
        for tensor, tag in zip(call.operands, call.tags, strict=True):
            is_weight = not tag.data and tensor.numel() > 1 and self.tags.is_of_matrix(tag)
            if is_weight and operand(tensor, self.tags, self.found.kinds)[1] is Kind.REAL:
                self.note(QUANTIZED_WEIGHTS, "expected weights on a grid, got a parameter of reals", place)

    def _judge_float(self, call: "Call", made: Tag, place: str) -> Tag:
        """An operator may compute reals as the entry's quantizer or as the exit's dequantizer, and nowhere else."""
        pending = frozenset().union(*(tag.pending for tag in call.tags))
        reals = [tensor for tensor in call.outputs if not whole(tensor)]
        affine = is_affine(call.func) and sum(tag.data for tag in call.tags) == 1
        if pending and (not reals or not (affine or moves(call.func))):
            self._convict(pending)
            pending = frozenset()
        if reals and not moves(call.func):
            number = len(self._pending)
            self._pending[number] = (place, f"computes {_short(reals[0])} that are not whole", call.key)
            if not affine:
                self._convict({number})
            elif made.coded:
                pending |= {number}
        return Tag(data=True, coded=made.coded, pending=pending, leaves=frozenset())

    def _convict(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            place, what, key = self._pending[number]
            self.found.rows[key].real = True
            self.note(NO_FLOAT_OPERATORS, what, place)

    def _judge_outside(self, call: "Call", tags: list[Tag]) -> None:
        self.found.outside[call.key[0]] = self.found.outside.get(call.key[0], 0) + 1
        if is_product(call.func) and any(not tag.data and self.tags.is_parameter(tag) for tag in tags):
            self.note(ALL_INSIDE, "a product with a parameter, outside of what is judged", self._place(call.key))

    def _remember(self, call: "Call", made: Tag) -> None:
        """Tags of the results, and of what was written into."""
        ranged = self._range_of(call)
        factors = tuple(call.operands) if name_of(call.func) == "mul" and len(call.operands) == 2 else ()
        for tensor in call.outputs:
            size = tensor.numel()
            tag = Tag(
                data=made.data,
                coded=made.data and (made.coded or whole(tensor)),
                pending=made.pending if not whole(tensor) else frozenset(),
                ranged=ranged if made.data and size <= ranged else 0,
                leaves=made.leaves,
                blank=is_blank(call.func) or (moves(call.func) and all(tag.blank for tag in call.tags)),
                factors=factors if made.data and tensor is not call.operands[0] and _differ(factors) else (),
            )
            if call.func._schema.is_mutable and any(tensor is value for value in call.operands):
                self.tags.write(tensor, tag)
            else:
                self.tags.set(tensor, tag)

    def _range_of(self, call: "Call") -> int:
        """The size of the range that the results are, or were computed from; 0 if they are none."""
        data = [(tensor, tag) for tensor, tag in zip(call.operands, call.tags, strict=True) if tag.data]
        if not data:
            return 0
        if finds_range(call.func) and call.outputs and 0 < call.outputs[0].numel() < data[0][0].numel():
            return call.outputs[0].numel()
        return max((tag.ranged for _, tag in data), default=0) if all(tag.ranged for _, tag in data) else 0

    def _note_met(self, func: Any, operands: list[Tensor], tags: list[Tag]) -> None:
        """What the data meet must be the same for other data; memory that was handed out must be what it was."""
        if not self.inside or not any(tag.data for tag in tags):
            return
        for place, (tensor, tag) in enumerate(zip(operands, tags, strict=True)):
            filled = place == 0 and func._schema.is_mutable and tag.blank
            if not tag.data and not filled:
                self.met.add(digest(tensor))
        if self.tags.changed_unseen(operands):
            self.note(NO_EXITS, "memory of the data was written, and not by an operator")

    def _note_scalars(self, func: Any, args: Any, kwargs: Any) -> None:
        numbers = [repr(value) for value in tree_leaves((args, kwargs)) if type(value) in (int, float, bool)]
        if numbers:
            self.scalars.add((name_of(func), *numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of an operator."""

    func: Any
    operands: list[Tensor]
    tags: list[Tag]
    wholes: list[bool]
    outputs: list[Tensor]
    key: Key


def _tensors(values: Any) -> list[Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, Tensor)]


def _short(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _differ(factors: tuple[Tensor, ...]) -> bool:
    return len(factors) == 2 and factors[0] is not factors[1]
