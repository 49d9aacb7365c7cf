"""Whisper, Moonshine and Speech2Text decode in integers: their tokens are those of the twins, with and without what is
kept, on both backends, at three lengths of audio.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from earnest.engine import NativeBackend
from earnest.file import file_report, load, save
from earnest.integer.law.embedding import Embedding
from earnest.integer.law.linear import Linear
from earnest.integer.program.program import Program
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.models.recognition.autoregressive import FloatAutoregressive
from earnest.nn.comparison import decibel, program_inputs
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel
from earnest.runtime.decoding.autoregressive import Autoregressive, beam_search
from earnest.runtime.decoding.catalogue import decoding_of
from earnest.runtime.decoding.decoder import Decoder
from earnest.runtime.decoding.decoding import DECODING
from earnest.runtime.decoding.generation import Generation
from earnest.runtime.decoding.greedy import forced, greedy
from earnest.runtime.reference import ReferenceBackend
from earnest.zoo.builders import MOST_TOKENS
from earnest.zoo.coverage import MEASURED, decoding_of_family, quantized_family
from earnest.zoo.families import FAMILIES
from earnest.zoo.family import Family
from earnest.zoo.tiny import SPECIAL

pytest.importorskip("transformers")

LEAST_DECIBEL = 20.0
DECODERS = [name for name, family in FAMILIES.items() if family.recognition is FloatAutoregressive]
WITHOUT_CONFIG = ("torch-decoder", "torch-decoder-pre")
MOST = 20
"""Tokens that are decoded."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A family, its twins, their program, and how its tokens are chosen."""

    family: Family
    twin: TwinModel
    program: Program
    decoding: Autoregressive


def quantized(name: str, recipe: str = "w8a8", target: str = "int8x16") -> TwinModel:
    """The calibrated twins of a family."""
    family = FAMILIES[name]
    return quantized_family(family, family.module(), recipe, target)


def _said_here(twin: TwinModel) -> Autoregressive:
    """For torch's modules, which say nothing of their tokens."""
    start, end = ((SPECIAL[f"{name}_token_id"],) for name in ("bos", "eos"))
    said = Generation(start=start, end=end, suppressed=(), suppressed_first=(), most_tokens=MOST_TOKENS)
    return FloatAutoregressive(rules=said).decoding(twin)


@pytest.fixture(scope="module", params=DECODERS)
def made(request: pytest.FixtureRequest) -> Made:
    """Each decoder, with tokens that are suppressed, and forced ones as Whisper has them."""
    twin, family = quantized(request.param), FAMILIES[request.param]
    says = _said_here(twin) if request.param in WITHOUT_CONFIG else decoding_of_family(family, twin)
    told = says.declared() | {
        "start": [1, 9, 11],
        "suppressed": [7, 20, 21],
        "suppressed_first": [5, 6],
        "most_tokens": MOST,
    }
    program = lower(twin, {DECODING: told})
    return Made(family=family, twin=twin, program=program, decoding=decoding_of(program))


def utterances(made: Made) -> Iterator[tuple[torch.Tensor, np.ndarray]]:
    """Features of three lengths, and their codes."""
    for features, tokens in made.family.inputs(MEASURED, 1):
        yield features, program_inputs(made.twin, (features, tokens))[0]


def greedy_by_twin(made: Made, features: torch.Tensor) -> tuple[int, ...]:
    """The tokens that the twins choose, made anew from the first for each."""
    chosen: list[int] = []
    while len(made.decoding.start) + len(chosen) < MOST:
        tokens = torch.tensor([[*made.decoding.start, *chosen]])
        with torch.no_grad():
            row = made.twin.codes((features, tokens))[0, -1].clone()
        row[list(made.decoding.suppressed)] = -torch.inf
        if not chosen:
            row[list(made.decoding.suppressed_first)] = -torch.inf
        chosen.append(int(row.numpy().argmax()))
        if chosen[-1] in made.decoding.end:
            break
    return tuple(chosen)


def test_greedy_tokens_are_those_of_the_twins(made: Made):
    backends = [Decoder(made.program, lambda p: ReferenceBackend(p, exact=True)), Decoder(made.program)]
    for features, codes in utterances(made):
        expected = greedy_by_twin(made, features)
        assert [greedy(decoder, codes, made.decoding).tokens for decoder in backends] == [expected] * 2
        assert len(expected) > 1
        assert not set(expected) & set(made.decoding.suppressed)


def test_every_logit_is_the_same_with_and_without_what_is_kept(made: Made):
    """The whole program on two backends, and token by token on both: no code differs."""
    decoders = [Decoder(made.program, ReferenceBackend), Decoder(made.program)]
    whole = [ReferenceBackend(made.program), NativeBackend(made.program)]
    for inputs in made.family.inputs(MEASURED, 1):
        codes, tokens = program_inputs(made.twin, inputs)
        with torch.no_grad():
            expected = made.twin.codes(inputs).numpy()[0]
        assert len(np.unique(expected)) > 100
        for backend in whole:
            assert np.array_equal(backend.run(codes, tokens)[0], expected)
        for decoder in decoders:
            assert np.array_equal(forced(decoder, codes, tokens[0].tolist()), expected)


def test_logits_are_near_those_of_the_float_model(made: Made):
    module = made.family.module()
    for features, tokens in made.family.inputs(MEASURED, 1):
        with torch.no_grad():
            assert decibel(module(features, tokens), made.twin(features, tokens)) >= LEAST_DECIBEL


def test_a_file_is_all_that_is_needed(made: Made, tmp_path):
    save(made.program, tmp_path / "decoder.earnest")
    loaded = load(tmp_path / "decoder.earnest")
    verify(loaded, load_target("int8x16"))
    decoder = Decoder(loaded)
    for features, codes in utterances(made):
        found = greedy(decoder, codes, decoding_of(loaded))
        assert found.tokens == greedy_by_twin(made, features)
        assert beam_search(decoder, codes, decoding_of(loaded), beams=1) == found


def test_beams_agree_on_both_backends(made: Made):
    decoders = [Decoder(made.program, ReferenceBackend), Decoder(made.program)]
    _, codes = next(utterances(made))
    first, second = (beam_search(decoder, codes, made.decoding, beams=3) for decoder in decoders)
    assert first == second


def test_a_tied_head_shares_its_codes_and_is_counted_once(made: Made):
    if made.family.name in WITHOUT_CONFIG:
        pytest.skip("its head has weights of its own")
    (rows,) = [s.operator for s in made.program.steps if isinstance(s.operator, Embedding)]
    head = made.program.steps[-1].operator
    assert isinstance(head, Linear)
    assert np.array_equal(rows.weight, head.weight)
    weights = [s.operator.weight.size for s in made.program.steps if hasattr(s.operator, "weight")]
    assert file_report(made.program).weight_codes == sum(weights) - rows.weight.size


def test_on_eight_bits_throughout():
    """The target with unnormalised exponentials in the place of softmax."""
    twin = quantized("whisper-decoder", target="int8")
    program = lower(twin, {})
    (inputs,) = FAMILIES["whisper-decoder"].inputs(MEASURED[:1], 1)
    codes, tokens = program_inputs(twin, inputs)
    with torch.no_grad():
        expected = twin.codes(inputs).numpy()[0]
    assert "weighted_mean" in {step.operator.kind for step in program.steps}
    assert np.array_equal(forced(Decoder(program), codes, tokens[0].tolist()), expected)


def test_methods_give_the_embedding_codes_of_its_own():
    """They change the head's weights, of which the rows of tokens must not know."""
    program = lower(quantized("speech2text-decoder", "w4a8-best"), {})
    (rows,) = [s.operator for s in program.steps if isinstance(s.operator, Embedding)]
    head = program.steps[-1].operator
    assert isinstance(head, Linear)
    assert not np.array_equal(rows.weight, head.weight)
    Decoder(program)
