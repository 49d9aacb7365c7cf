"""Frame by frame and token by token: the codes of the whole program, and one clear refusal where a row is not one."""

import dataclasses

import numpy as np
import pytest
from tests.integer.every_operator import CHANNELS, EIGHT, linear, product
from tests.integer.small_decoder import CLASSES, MOST_TIME, MOST_TOKENS, codes_of, small_decoder, softmax
from tests.integer.small_transducer import small_transducer

from earnest.errors import ProgramError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.dimension import TIME, TOKENS
from earnest.integer.law.add import Add
from earnest.integer.law.constant import Constant
from earnest.integer.law.glu import GatedLinearUnit
from earnest.integer.law.operator import Operator
from earnest.integer.law.pad import Pad
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.transpose import Transpose
from earnest.integer.program.program import Program, Step, run
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.integer.sequence.frame_by_frame import frame_by_frame
from earnest.runtime.decoding.decoder import nothing_kept

INT8X16 = load_target("int8x16")


def joined(program: Program, audio: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Every row by itself: each frame, behind each token."""
    three = frame_by_frame(program)
    frames = run(three.once, [audio], IntegerAccumulation())
    kept = nothing_kept(three.step.inputs[1:])
    columns = []
    for at in range(tokens.shape[1]):
        made = run(three.step, [tokens[:, at : at + 1], *kept], IntegerAccumulation())
        said, kept = made[: three.says], made[three.says :]
        rows = []
        for frame in range(audio.shape[1]):
            here = [np.take(each, [frame], axis=axis) for each, axis in zip(frames, three.frames, strict=True)]
            rows += run(three.join, [*here, *said], IntegerAccumulation())
        columns.append(np.concatenate(rows, axis=1))
    return np.concatenate(columns, axis=2)


@pytest.mark.parametrize("time", [2, 7, MOST_TIME])
def test_every_row_is_that_of_the_whole_program(time: int):
    program = small_transducer()
    audio, tokens = codes_of(time, MOST_TOKENS)
    (expected,) = run(program, [audio, tokens], IntegerAccumulation())
    assert np.array_equal(joined(program, audio, tokens), expected)
    assert len(np.unique(expected)) > 100
    assert (expected != expected[:, :, :1]).any(axis=(0, 1, 3))[1:].all(), "each token is told from the first"


def test_all_three_are_proved_and_hold_each_weight_once():
    program = small_transducer()
    verify(program, INT8X16)
    three = frame_by_frame(program)
    for each in (three.once, three.step, three.join):
        verify(each, INT8X16)
    steps = [step for each in (three.once, three.step, three.join) for step in each.steps]
    own = {step.name: step.operator for step in program.steps}
    kept = [step.operator for step in steps if any(step.operator is operator for operator in own.values())]
    assert len(kept) == len(own), "every operator of the program, once"
    others = [step.operator.kind for step in steps if not any(step.operator is each for each in own.values())]
    assert sorted(others) == ["concat", "concat", "slice", "slice"], "two recurrences go again over what they read"


def changed(name: str, operator: Operator, *more: tuple[str, Operator]) -> Program:
    """The transducer with other steps in the place of one."""
    program, steps = small_transducer(), list[Step]()
    for step in program.steps:
        if step.name != name:
            steps.append(step)
            continue
        before = step.inputs
        for called, each in (*more, (name, operator)):
            steps.append(Step(name=called, operator=each, inputs=before))
            before = (called,)
    return dataclasses.replace(program, steps=tuple(steps))


def with_steps(*steps: tuple[str, Operator, tuple[str, ...]], without: tuple[str, ...] = (), **inputs: int) -> Program:
    """The transducer without some of its steps and with others behind the rest; `inputs` are other lengths of the
    audio.
    """
    program = small_transducer()
    kept = [step for step in program.steps if step.name not in without]
    made = [Step(name=name, operator=operator, inputs=reads) for name, operator, reads in steps]
    audio = dataclasses.replace(program.inputs[0], **inputs)
    return dataclasses.replace(program, steps=(*kept, *made), inputs=(audio, program.inputs[1]))


def operator_of(name: str) -> Operator:
    """That of the transducer."""
    (found,) = (step.operator for step in small_transducer().steps if step.name == name)
    return found


def test_axes_may_be_turned_between():
    there, back = Transpose(order=(0, 2, 1, 3)), Transpose(order=(0, 2, 1, 3))
    program = changed("curve", operator_of("curve"), ("turned", there), ("back", back))
    verify(program, INT8X16)
    audio, tokens = codes_of(5, 4)
    (expected,) = run(program, [audio, tokens], IntegerAccumulation())
    assert np.array_equal(joined(program, audio, tokens), expected)


def test_what_is_sliced_to_the_frames_is_made_once():
    """A table of positions, added to the audio when a token joins it."""
    codes = np.random.default_rng(1).integers(-128, 128, (1, MOST_TIME, 1, CHANNELS)).astype(np.int8)
    total = Add(zero_points=(3, 0), multipliers=(40000, 50000), shift=16, **EIGHT)
    program = with_steps(
        ("table", Constant(codes=codes, bits=8), ()),
        ("here", Slice(axis=1, start=0, stop=TIME, step=1), ("table",)),
        ("placed", total, ("curve", "here")),
        ("logits", linear(CLASSES, CHANNELS, bits=16), ("placed",)),
        without=("logits",),
    )
    verify(program, INT8X16)
    assert len(frame_by_frame(program).frames) == 2
    audio, tokens = codes_of(6, 5)
    (expected,) = run(program, [audio, tokens], IntegerAccumulation())
    assert np.array_equal(joined(program, audio, tokens), expected)


@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("first", Slice(axis=1, start=0, stop=1, step=1)),
        ("same", Reshape(shape=(1, TIME, TOKENS, CHANNELS))),
        ("doubled", Pad(before=(0, 0, 0, 0), after=(0, 1, 0, 0), zero_point=3)),
    ],
)
def test_what_may_look_at_several_frames_is_refused(name: str, operator: Operator):
    kind = operator.kind
    with pytest.raises(ProgramError, match=f"{name}: {kind}: may look at several frames, so that frames cannot be run"):
        frame_by_frame(changed("curve", operator_of("curve"), (name, operator)))


def test_a_gate_over_frames_is_refused():
    """Their first half by their second."""
    turned = Transpose(order=(0, 3, 2, 1))
    program = changed("curve", operator_of("curve"), ("turned", turned), ("half", glu(axis=3)), ("back", turned))
    with pytest.raises(ProgramError, match="half: glu: goes over the frames, so that frames cannot be run one by one"):
        frame_by_frame(with_even_lengths(program))


def glu(axis: int) -> GatedLinearUnit:
    """A gate along an axis."""
    grid = {"input_bits": 8, "input_signed": True, "input_zero_point": 3, "multiplier": 40000, "shift": 30}
    return GatedLinearUnit(gate=np.arange(256, dtype=np.int16), gate_bits=16, axis=axis, **grid, **EIGHT)


def with_even_lengths(program: Program) -> Program:
    """Two frames or four."""
    audio = dataclasses.replace(program.inputs[0], shortest=2, longest=4)
    return dataclasses.replace(program, inputs=(audio, program.inputs[1]))


@pytest.mark.parametrize(("shape", "rows"), [((1, 2, 1, CHANNELS), "frames"), ((1, 1, 2, CHANNELS), "tokens")])
def test_something_else_for_each_row_is_refused(shape: tuple[int, ...], rows: str):
    """A constant with as many rows as there are where it is looked at, or spread where there is one."""
    codes = np.arange(2 * CHANNELS, dtype=np.int8).reshape(shape)
    total = Add(zero_points=(3, 0), multipliers=(40000, 50000), shift=16, **EIGHT)
    program = with_steps(
        ("each", Constant(codes=codes, bits=8), ()),
        ("curved", total, ("curve", "each")),
        ("logits", linear(CLASSES, CHANNELS, bits=16), ("curved",)),
        without=("logits",),
        shortest=1,
        longest=2,
    )
    with pytest.raises(ProgramError, match=f"curved: add: reads something else for each of the {rows}"):
        frame_by_frame(program)


def test_two_counts_of_frames_are_refused():
    """Fewer of some, spread over the others where they are one."""
    total = Add(zero_points=(3, 3), multipliers=(40000, 50000), shift=16, **EIGHT)
    part = Slice(axis=1, start=0, stop=("+", ("*", 2, TIME), -3), step=1)
    program = with_steps(
        ("part", part, ("frames",)),
        ("both", total, ("curve", "part")),
        ("logits", linear(CLASSES, CHANNELS, bits=16), ("both",)),
        without=("logits",),
        shortest=2,
        longest=3,
    )
    with pytest.raises(ProgramError, match="expected as many frames in all that joins, got"):
        frame_by_frame(program)


def test_attention_behind_the_joint_is_refused():
    """Tokens at a frame that look at each other."""
    program = with_steps(
        ("turned", Transpose(order=(0, 1, 3, 2)), ("curve",)),
        ("scores", product(8, 8, 40000, 18, bits=16, zero_point=0), ("curve", "turned")),
        ("softmax", softmax(masked=True), ("scores",)),
        ("logits", product(16, 8, 40000, 31), ("softmax", "curve")),
        without=("logits",),
    )
    with pytest.raises(ProgramError, match="turned: expected what is kept of tokens to depend on tokens alone"):
        frame_by_frame(program)


def test_one_length_has_no_frames():
    with pytest.raises(ProgramError, match="expected one axis of frames, which grows with the audio, got 0"):
        frame_by_frame(with_steps(shortest=2, longest=2))


def test_a_decoder_is_no_transducer():
    with pytest.raises(ProgramError, match=r"audio\.scores: matmul: may look at several frames"):
        frame_by_frame(small_decoder())


def test_axes_in_another_order_are_refused():
    turned = Transpose(order=(0, 2, 1, 3))
    program = changed("logits", operator_of("logits"), ("turned", turned))
    with pytest.raises(ProgramError, match="logits: expected an output for each frame, and in it for each token"):
        frame_by_frame(program)


def test_tokens_that_meet_the_audio_at_once_are_refused():
    """Nothing is made of tokens alone: their codes are added as they are."""
    as_they_are = Add(zero_points=(3, 0), multipliers=(40000, 50000), shift=16, **EIGHT)
    program = with_steps(
        ("turned", Transpose(order=(0, 1, 3, 2)), ("frames",)),
        ("sum", as_they_are, ("turned", TOKENS)),
        ("back", Transpose(order=(0, 1, 3, 2)), ("sum",)),
        ("logits", linear(CLASSES, CHANNELS, bits=16), ("back",)),
        without=("said", "sum", "curve", "logits"),
    )
    with pytest.raises(ProgramError, match="logits: expected values of tokens alone that a frame is joined to"):
        frame_by_frame(program)


def test_an_output_without_tokens_is_refused():
    program = with_steps(("logits", linear(CLASSES, CHANNELS, bits=16), ("frames",)), without=("logits",))
    with pytest.raises(ProgramError, match="logits: expected an output for each token"):
        frame_by_frame(program)


def test_steps_that_nothing_reads_are_left_out():
    """Scores of tokens, added to the audio and never read."""
    program = with_steps(
        ("keys", Transpose(order=(0, 1, 3, 2)), ("said",)),
        ("scores", product(8, 8, 40000, 22), ("said", "keys")),
    )
    three = frame_by_frame(program)
    assert not any(step.name in ("keys", "scores") for each in (three.step, three.join) for step in each.steps)
