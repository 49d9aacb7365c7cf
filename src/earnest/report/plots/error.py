"""The picture of word errors against bytes: every program on dev-clean, a front for each target.

The axis of errors is stretched near 0, as a square root is: that is where most programs lie.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.rows import AnyRow, of_kind
from earnest.report.html.fronts import Front, planes
from earnest.report.plots import svg
from earnest.report.tables.chosen import CHOSEN
from earnest.report.tables.results import CHOOSING

WIDTH, HEIGHT = 760, 470
LEFT, RIGHT, TOP, BOTTOM = 58, 740, 56, 418
HIGHEST = 12.0
"""Word errors in a hundred above the float model's, beyond which a program is out of the picture."""
LEVELS = (0, 0.1, 0.5, 1, 2, 4, 8, 12)
STEP = 2
"""Megabytes from one line of the grid to the next."""
LETTER, LINE_OF_TEXT, DESCENT, BESIDE, MARK = 6.6, 14, 3, 8, 5
"""Pixels: of a name for each of its letters at most, from one line to the next, below its base line, from its mark, and
of a mark to each side.
"""

Box = tuple[float, float, float, float]


def draw_errors(rows: Iterable[AnyRow]) -> str:
    """The file of the picture, on the largest part of dev-clean that was heard; an empty one without rows."""
    found = [row for row in of_kind(rows, EvaluationRow) if row.data == CHOOSING and row.trial is None]
    last = {(row.recipe, row.target): row for row in found}
    shown = [row for row in last.values() if row.difference <= HIGHEST]
    fronts = planes(shown, "file_bytes")[0].fronts if shown else ()
    sizes = [each.file_bytes / 1e6 for front in fronts for each in front.programs] or [0.0]
    low = STEP * math.floor(min(sizes) / STEP - 0.01)
    scale = (RIGHT - LEFT) / (STEP * math.ceil(max(sizes) / STEP + 0.01) - low)

    def place(each: EvaluationRow) -> svg.Point:
        return LEFT + scale * (each.file_bytes / 1e6 - low), height(each.difference)

    elements = [*_axes(low, scale), *_legend(fronts)]
    named: list[tuple[EvaluationRow, str]] = []
    for index, front in enumerate(fronts):
        colour = svg.SERIES[index % len(svg.SERIES)]
        chosen = [each for each in front.programs if each in front.best or (each.recipe, each.target) in CHOSEN]
        elements.append(svg.line(_stairs([place(each) for each in front.best]), stroke=colour, width=1.5))
        elements += [_mark(index, place(each), svg.FADED) for each in front.programs if each not in chosen]
        elements += [_interval(each, place(each)[0], colour) for each in chosen]
        elements += [_mark(index, place(each), colour) for each in chosen]
        named += [(each, colour) for each in chosen]
    elements += _names(named, place)
    return svg.picture(WIDTH, HEIGHT, "Word errors above the float model against the size of the file", elements)


def height(difference: float) -> float:
    """Where a difference stands; below 0 all stand at the float model's line."""
    return BOTTOM - (BOTTOM - TOP) * math.sqrt(max(difference, 0.0) / HIGHEST)


def _axes(low: float, scale: float) -> list[str]:
    elements = []
    for level in LEVELS:
        y = height(level)
        elements.append(svg.line([(LEFT, y), (RIGHT, y)], stroke=svg.QUIET if level == 0 else svg.GRID))
        name = "float" if level == 0 else f"+{level:g}"
        elements.append(svg.text((LEFT - 8, y + 4), name, anchor="end", fill=svg.QUIET))
    size = low
    while LEFT + scale * (size - low) <= RIGHT + 0.1:
        x = LEFT + scale * (size - low)
        elements.append(svg.line([(x, BOTTOM), (x, BOTTOM + 5)], stroke=svg.QUIET))
        elements.append(svg.text((x, BOTTOM + 20), f"{size:g}", anchor="middle", fill=svg.QUIET))
        size += STEP
    elements.append(svg.text((RIGHT, BOTTOM + 40), "file, MB", anchor="end"))
    return [*elements, svg.text((10, 22), "word errors above the float model, % of the words")]


def _legend(fronts: Sequence[Front]) -> list[str]:
    elements = []
    for index, front in enumerate(fronts):
        x = 400 + 75 * index
        elements.append(_mark(index, (x, 18), svg.SERIES[index]))
        elements.append(svg.text((x + 12, 22), front.target))
    return [*elements, svg.text((740, 22), "grey: beaten by another", anchor="end", fill=svg.QUIET)]


def _mark(index: int, at: svg.Point, fill: str) -> str:
    return svg.diamond(at, fill=fill) if index == 0 else svg.circle(at, fill=fill)


def _interval(each: EvaluationRow, x: float, stroke: str) -> str:
    low, high = each.interval
    return svg.line([(x, height(low)), (x, height(min(high, HIGHEST)))], stroke=stroke)


def _stairs(points: Sequence[svg.Point]) -> list[svg.Point]:
    """From each point to the right, and down to the next."""
    steps = [(right[0], left[1]) for left, right in pairwise(points)]
    return [point for pair in zip(points, [*steps, points[-1]], strict=True) for point in pair] if points else []


def _names(named: Sequence[tuple[EvaluationRow, str]], place: Callable[[EvaluationRow], svg.Point]) -> list[str]:
    """The recipes that a person is told to take, each beside its mark where no other name or mark stands."""
    marks = [place(each) for each, _ in named]
    taken = [(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in marks]
    elements = []
    for each, colour in named:
        if (each.recipe, each.target) not in CHOSEN:
            continue
        box = _free(place(each), LETTER * len(each.recipe), taken)
        taken.append(box)
        elements.append(svg.text((box[0], box[3] - DESCENT), each.recipe, size=12, fill=colour, halo=True))
    return elements


def _free(mark: svg.Point, width: float, taken: Sequence[Box]) -> Box:
    """A place for a name of so many pixels beside its mark: to the right or to the left, the nearest that is free."""
    x, y = mark
    for shift in (-0.55, 0.55, 0, -1.5, 1.5, -2.5, 2.5):
        for start in (x + BESIDE, x - BESIDE - width):
            top = y + shift * LINE_OF_TEXT - LINE_OF_TEXT / 2
            box = (start, top, start + width, top + LINE_OF_TEXT)
            if box[0] >= LEFT and box[2] <= RIGHT and not any(_overlap(box, other) for other in taken):
                return box
    return (x + BESIDE, y - LINE_OF_TEXT / 2, x + BESIDE + width, y + LINE_OF_TEXT / 2)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
