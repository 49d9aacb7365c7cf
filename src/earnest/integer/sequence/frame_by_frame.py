"""A transducer, frame by frame and token by token [Graves 2012, arXiv:1211.3711]: the three programs of one whose
output has a row for each frame and each token.

    once    what depends on no token, from the audio: rows for all frames
    step    one token behind `past` others: what the tokens so far say, and what is kept of them
    join    one frame and what the tokens so far say: the row of the output there

All are made of the program's own operators, each at its place (integer.splitting). In `join` no operator may look at
another frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from earnest.errors import ProgramError
from earnest.integer.dimension import TOKENS
from earnest.integer.law.places import Place, Rows
from earnest.integer.program.program import Input, Program, Step
from earnest.integer.sequence.causality import place_of
from earnest.integer.sequence.splitting import Splitting, input_like, needed

FRAME = "frame"
"""The symbol of the one frame that `join` reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameByFrame:
    """The outputs of `once`, one frame of each, are the first inputs of `join`; those of `step` before what it keeps
    are the last. `frames` are the axes of the frames, from the end, in the outputs of `once`. There are so many
    `classes` of logits.
    """

    once: Program
    step: Program
    join: Program
    frames: tuple[int, ...]
    classes: int

    @property
    def says(self) -> int:
        """How many values `step` hands to `join`."""
        return len(self.join.inputs) - len(self.frames)


def frame_by_frame(program: Program) -> FrameByFrame:
    """The three programs of one that reads tokens; ProgramError where a row of the output depends on another frame, or
    on later tokens.

    The program has been verified; who runs the three verifies them as well.
    """
    split = Splitting(program)
    if of_audio := [name for name, _ in split.kept if name in split.depends_on_audio]:
        raise ProgramError(f"{of_audio[0]}: expected what is kept of tokens to depend on tokens alone")
    join = [step for step in split.steps if step.name in split.depends_on_audio]
    tokens = [step for step in split.steps if step.name not in split.depends_on_audio]
    read = {name for step in join for name in step.inputs}
    crossing, said = split.crossing(join), [step.name for step in tokens if step.name in read]
    once = split.made_once(crossing)
    if not said:
        raise ProgramError(f"{program.output}: expected values of tokens alone that a frame is joined to")
    frames = _frames(split, join, crossing)
    split.rows_of("frames", TOKENS)
    return FrameByFrame(
        once=once,
        step=replace(
            program,
            inputs=(replace(split.tokens, longest=1), *split.past_inputs()),
            steps=needed([*split.fixed, *tokens], [step.name for step in tokens]),
            output=said[0],
            kept=(*said[1:], *split.kept.values()),
            description={},
        ),
        join=replace(
            program,
            inputs=(
                *(_one(split, name, axis, FRAME) for name, axis in zip(crossing, frames, strict=True)),
                *(_one(split, name, _axis(name, split.places), TOKENS) for name in said),
            ),
            steps=needed([*split.fixed, *join], [step.name for step in join]),
            description={},
        ),
        frames=frames,
        classes=split.classes,
    )


def _frames(split: Splitting, join: Sequence[Step], crossing: Sequence[str]) -> tuple[int, ...]:
    """The axes of the frames in what crosses, once no step is found that looks at two of them."""
    places: dict[str, Place] = dict.fromkeys(split.places)
    for name in crossing:
        grows = split.grows(name)
        if len(grows) != 1:
            raise ProgramError(f"{name}: expected one axis of frames, which grows with the audio, got {len(grows)}")
        places[name] = Rows(axis=grows[0])
    counted = {tuple(domains[name].shape[_axis(name, places)] for domains in split.ends) for name in crossing}
    if len(counted) > 1:
        raise ProgramError(f"{crossing[0]}: expected as many frames in all that joins, got {counted}")
    for step in join:
        reading = split.reading(step, places, "frames")
        if not step.operator.row_local:
            raise reading.refuse("may look at several frames")
        places[step.name] = place_of(reading)
    if places[split.program.output] != Rows(axis=-3):
        raise ProgramError(f"{split.program.output}: expected an output for each frame, and in it for each token")
    return tuple(_axis(name, places) for name in crossing)


def _axis(name: str, places: dict[str, Place]) -> int:
    place = places[name]
    if not isinstance(place, Rows):
        raise ProgramError(f"{name}: expected rows to join, got scores of tokens against tokens")
    return place.axis


def _one(split: Splitting, name: str, axis: int, symbol: str) -> Input:
    """An input of one frame or token."""
    return input_like(name, split.ends[1][name], axis, symbol, (1, 1))
