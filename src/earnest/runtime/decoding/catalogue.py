"""The ways of decoding that a program file may declare, by name."""

from collections.abc import Mapping

from earnest.integer.program.program import Program
from earnest.runtime.decoding.autoregressive import Autoregressive
from earnest.runtime.decoding.ctc import CTC
from earnest.runtime.decoding.decoding import DECODING, Decoding
from earnest.runtime.decoding.transduction import Transduction

DECODINGS: dict[str, type[Decoding]] = {kind.name: kind for kind in (CTC, Autoregressive, Transduction)}


def decoding_of(program: Program) -> Decoding:
    """What the description of an untrusted program says; FileError where it is not understood."""
    return decoding_kind(program).of(program.description.get(DECODING), program)


def decoding_kind(program: Program) -> type[Decoding]:
    """The way that is named, among those that fit the program's inputs; the first of them if none is, which then says
    what it expected.
    """
    data = program.description.get(DECODING)
    name = data.get("name") if isinstance(data, Mapping) else data
    fitting = [kind for kind in DECODINGS.values() if kind.reads_tokens == (len(program.inputs) > 1)]
    return next((kind for kind in fitting if kind.name == name), fitting[0])
