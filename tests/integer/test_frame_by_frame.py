"""Frame by frame and token by token: the codes of the whole program, and one clear refusal where a row is not one."""

import dataclasses

import numpy as np
import pytest
from tests.integer.every_operator import CHANNELS, linear, product
from tests.integer.small_decoder import CLASSES, MOST_TIME, MOST_TOKENS, small_decoder
from tests.integer.small_transducer import small_transducer

from earnest.errors import ProgramError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.frame_by_frame import frame_by_frame
from earnest.integer.layout import Concat, Reshape, Slice, Transpose
from earnest.integer.operator import Operator
from earnest.integer.program import TIME, TOKENS, Program, Step, run
from earnest.integer.target import load_target
from earnest.integer.verifier import verify

INT8X16 = load_target("int8x16")


def codes_of(time: int, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Something heard, and tokens."""
    rng = np.random.default_rng(seed)
    return (
        rng.integers(-128, 128, (1, time, CHANNELS)).astype(np.int8),
        rng.integers(0, CLASSES, (1, count)).astype(np.uint16),
    )


def joined(program: Program, heard: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Every row by itself: each frame, behind each token."""
    three = frame_by_frame(program)
    frames = run(three.once, [heard], IntegerAccumulation())
    kept = [
        np.zeros([0 if extent == spec.symbol else int(str(extent)) for extent in spec.shape], dtype=spec.container)
        for spec in three.step.inputs[1:]
    ]
    columns = []
    for at in range(tokens.shape[1]):
        made = run(three.step, [tokens[:, at : at + 1], *kept], IntegerAccumulation())
        said, kept = made[: three.says], made[three.says :]
        rows = []
        for frame in range(heard.shape[1]):
            here = [np.take(each, [frame], axis=axis) for each, axis in zip(frames, three.frames, strict=True)]
            rows += run(three.join, [*here, *said], IntegerAccumulation())
        columns.append(np.concatenate(rows, axis=1))
    return np.concatenate(columns, axis=2)


@pytest.mark.parametrize("time", [2, 7, MOST_TIME])
def test_every_row_is_that_of_the_whole_program(time: int):
    program = small_transducer()
    heard, tokens = codes_of(time, MOST_TOKENS)
    (expected,) = run(program, [heard, tokens], IntegerAccumulation())
    assert np.array_equal(joined(program, heard, tokens), expected)
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


def test_a_row_that_mixes_frames_is_refused():
    """Frames and tokens as one axis, and back."""
    turned, back = Transpose(order=(0, 2, 1, 3)), Transpose(order=(0, 2, 1, 3))
    verify(changed("curve", operator_of("curve"), ("turned", turned), ("back", back)), INT8X16)
    frame_by_frame(changed("curve", operator_of("curve"), ("turned", turned), ("back", back)))
    cut = Slice(axis=1, start=0, stop=1, step=1)
    with pytest.raises(ProgramError, match=r"first: slice: may look at more than one frame"):
        frame_by_frame(changed("curve", operator_of("curve"), ("first", cut)))
    shape = Reshape(shape=(1, TIME, TOKENS, CHANNELS))
    with pytest.raises(ProgramError, match=r"same: reshape: may look at more than one frame"):
        frame_by_frame(changed("curve", operator_of("curve"), ("same", shape)))


def operator_of(name: str) -> Operator:
    """That of the transducer."""
    (found,) = (step.operator for step in small_transducer().steps if step.name == name)
    return found


def test_a_sum_over_frames_is_refused():
    """Frames on the last axis, where a linear would read all of them."""
    program = small_transducer()
    turned = Transpose(order=(0, 3, 2, 1))
    steps = [step for step in program.steps if step.name != "logits"]
    steps += [
        Step(name="turned", operator=turned, inputs=("curve",)),
        Step(name="logits", operator=linear(CLASSES, 2, bits=16), inputs=("turned",)),
    ]
    hears = dataclasses.replace(program.inputs[0], longest=2)
    fixed = dataclasses.replace(program, steps=tuple(steps), inputs=(hears, program.inputs[1]))
    with pytest.raises(ProgramError, match="expected one axis of frames, got 0"):
        frame_by_frame(fixed)


def test_a_decoder_is_no_transducer():
    with pytest.raises(ProgramError, match=r"expected one axis of frames|may look at more than one frame"):
        frame_by_frame(small_decoder())


def test_tokens_that_meet_what_is_heard_at_once_are_refused():
    """Nothing is made of tokens alone."""
    program = small_transducer()
    steps = [step for step in program.steps if step.name in ("heard", "frames")]
    behind = Concat(axis=3)
    steps += [
        Step(name="wide", operator=behind, inputs=("frames", "frames")),
        Step(name="logits", operator=linear(CLASSES, 2 * CHANNELS, bits=16), inputs=("wide",)),
    ]
    with pytest.raises(ProgramError, match="logits: expected an output for each token"):
        frame_by_frame(dataclasses.replace(program, steps=tuple(steps)))


def test_a_product_of_frames_and_tokens_is_refused():
    """Attention from tokens to frames looks at all of them."""
    program = small_transducer()
    steps = [step for step in program.steps if step.name not in ("frames", "said", "sum", "curve", "logits")]
    steps += [
        Step(name="keys", operator=Transpose(order=(0, 2, 1)), inputs=("heard",)),
        Step(name="scores", operator=product(8, 8, 40000, 22), inputs=("gru", "keys")),
        Step(name="logits", operator=product(8, 8, 40000, 22), inputs=("scores", "heard")),
    ]
    with pytest.raises(ProgramError, match="scores: matmul: may look at more than one frame"):
        frame_by_frame(dataclasses.replace(program, steps=tuple(steps)))
