"""The plots of a report as figures of plotly: plain JSON values, checked against plotly's own schema by a test.

Colours are variables of the page's style sheet, `var(--series-1)`, which the page's script resolves: a plot follows the
page from light to dark. plotly reads a text as HTML of its own, so every text of the ledger is escaped.
"""

import html
import math
from collections.abc import Sequence
from typing import Any

from earnest.judge.wording import printable
from earnest.ledger.evaluation import EvaluationRow
from earnest.report.html.fronts import Cost, Front, Plane
from earnest.report.markdown import signed
from earnest.report.tables.results import methods
from earnest.report.tables.sensitivity import Group, Loss, Scan, small

Figure = dict[str, Any]

COLOURS = 6
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "star")
FADED = 0.3
NAMED = 8
"""Programs of a front that are named in the plot; of more, names would lie on each other."""

FEW = 3
"""Programs of which a low plot is enough."""

HIGHEST = 10.0
"""Word errors in a hundred above the float model's beyond which a program is out of the picture at first."""

BARS, WIDTH = 40, 30
"""Groups that are drawn, and characters of a name beside its bars."""

SHORTEST = 1e-6
"""Nats a token that a bar shows at least: a logarithmic axis has no place for a loss of 0 or less."""


def front_figure(plane: Plane, targets: Sequence[str]) -> Figure:
    """The programs of a plane: the difference to float with its interval against the cost, a front for each target.

    `targets` are those of the whole report: each has one colour and one symbol on the page.
    """
    named = sum(len(front.best) for front in plane.fronts) <= NAMED
    traces = [
        trace for front in plane.fronts for trace in _front(front, plane.cost, targets.index(front.target), named=named)
    ]
    costs = [_x(each, plane.cost) for front in plane.fronts for each in front.programs]
    width = max(costs) - min(costs) or max(costs)
    layout = {
        "height": 430 if len(costs) > FEW else 270,
        "margin": {"l": 52, "r": 16, "t": 36, "b": 46},
        "xaxis": _axis("file, MB" if plane.cost == "file_bytes" else "milliseconds")
        | {"range": [max(0.0, min(costs) - (0.3 if named else 0.08) * width), max(costs) + 0.12 * width]},
        "yaxis": _axis("WER above float, %") | {"range": _heights(plane), "zeroline": False},
        "shapes": [_line_at_float()],
        "annotations": [_name_of_float()],
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "showlegend": True,
        "hovermode": "closest",
    }
    return {"data": traces, "layout": layout}


def above(plane: Plane) -> int:
    """How many programs are out of the picture at first."""
    top = _heights(plane)[1]
    return sum(each.difference > top for front in plane.fronts for each in front.programs)


def sensitivity_figure(scan: Scan) -> Figure:
    """Two bars for each of the most sensitive groups, losses on a logarithmic axis."""
    groups = scan.groups[:BARS]
    losses = [_length(loss) for group in groups for loss in (group.alone, group.all_but) if loss is not None]
    low = math.floor(math.log10(min(losses, default=1e-4)) - 0.1)
    high = max(math.log10(max(losses, default=1e-4)), low + 1) + 0.1
    both = any(group.alone is not None and group.all_but is not None for group in groups)
    layout = {
        "height": 92 + (34 if both else 22) * len(groups),
        "margin": {"l": 8, "r": 52, "t": 36, "b": 46},
        "barmode": "group",
        "bargap": 0.28,
        "bargroupgap": 0.06,
        "xaxis": _axis("loss against float, nats a token")
        | {"type": "log", "range": [low, high], "dtick": 1, "exponentformat": "power", "tickfont": {"size": 11}},
        "yaxis": {
            "tickmode": "array",
            "tickvals": list(range(len(groups))),
            "ticktext": [_text(_short(group.name)) for group in groups],
            "range": [len(groups) - 0.5, -0.5],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "ticks": "",
        },
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        "showlegend": True,
        "hovermode": "closest",
    }
    traces = [
        _bars("alone", [(group, group.alone) for group in groups], 1),
        _bars("all but", [(group, group.all_but) for group in groups], 2),
    ]
    return {"data": traces, "layout": layout}


def _front(front: Front, cost: Cost, index: int, *, named: bool) -> list[Figure]:
    """The front's line, the programs that are beaten, those that are not, and the sign of the target in the legend."""
    colour, symbol = f"var(--series-{index % COLOURS + 1})", SYMBOLS[index % len(SYMBOLS)]
    shared = {"type": "scatter", "legendgroup": f"target {index}", "showlegend": False}
    line = {
        "mode": "lines",
        "x": [_x(each, cost) for each in front.best],
        "y": [each.difference for each in front.best],
        "line": {"shape": "hv", "color": colour, "width": 1.5},
        "hoverinfo": "skip",
    }
    sign = {
        "mode": "markers",
        "x": [None],
        "y": [None],
        "marker": {"size": 10, "color": colour, "symbol": symbol},
        "name": _text(_short(front.target)),
        "showlegend": True,
    }
    names = {"mode": "markers+text", "text": [_text(_short(each.recipe)) for each in front.best]} if named else {}
    traces = [
        line,
        _points(front.beaten, cost, colour, symbol) | {"opacity": FADED},
        _points(front.best, cost, colour, symbol) | names,
        sign,
    ]
    return [shared | trace for trace in traces]


def _points(found: Sequence[EvaluationRow], cost: Cost, colour: str, symbol: str) -> Figure:
    """Programs with their intervals; trials of a search are hollow."""
    return {
        "mode": "markers",
        "x": [_x(each, cost) for each in found],
        "y": [each.difference for each in found],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, each.interval[1] - each.difference) for each in found],
            "arrayminus": [max(0.0, each.difference - each.interval[0]) for each in found],
            "color": colour,
            "thickness": 1.2,
            "width": 4,
        },
        "marker": {
            "size": 10,
            "color": colour,
            "symbol": [symbol if each.trial is None else f"{symbol}-open" for each in found],
        },
        "textposition": "bottom left",
        "textfont": {"size": 11},
        "hoverinfo": "text",
        "hovertext": [_hover(each) for each in found],
    }


def _hover(each: EvaluationRow) -> str:
    low, high = each.interval
    bits = {"mean": each.mean_weight_bits, "effective": each.effective_bits}
    told = [
        f"<b>{_text(each.recipe)}</b> for {_text(each.target)}",
        _text(each.program),
        f"methods: {_text(methods(each))}",
        f"WER {each.wer:.2f}, float {each.float_wer:.2f}",
        f"{signed(each.difference)} ({signed(low)} … {signed(high)})",
        f"{each.file_bytes / 1e6:.2f} MB, {100 * each.ratio:.1f} % of float32",
        "bits: " + ", ".join(f"{value:.2f} {name}" for name, value in bits.items() if value is not None),
        f"{each.milliseconds:.1f} ms" if each.milliseconds is not None else "",
        f"level {_text(each.level)}" if each.level is not None else "level not stated",
        f"{_text(each.experiment)}" + (f", trial {each.trial}" if each.trial is not None else "")
        if each.experiment is not None
        else "",
        f"commit {_text(each.commit)}" if each.commit is not None else "",
    ]
    return "<br>".join(line for line in told if line and line != "bits: ")


def _heights(plane: Plane) -> list[float]:
    """Where the picture begins and ends: all programs, or those below `HIGHEST` where some lie far above."""
    found = [each for front in plane.fronts for each in front.programs]
    near = [each for each in found if each.difference <= HIGHEST] or found
    low = min(0.0, *(each.interval[0] for each in near), *(each.difference for each in near))
    high = max(0.0, *(max(each.interval[1], each.difference) for each in near)) or 1.0
    return [low - 0.1 * (high - low), high + 0.06 * (high - low)]


def _bars(name: str, losses: Sequence[tuple[Group, Loss | None]], series: int) -> Figure:
    drawn = [(place, group, loss) for place, (group, loss) in enumerate(losses) if loss is not None]
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": [place for place, _, _ in drawn],
        "x": [_length(loss) for _, _, loss in drawn],
        "marker": {"color": f"var(--series-{series})"},
        "text": [small(loss.loss) for _, _, loss in drawn],
        "textposition": "outside",
        "textfont": {"size": 10},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [
            f"<b>{_text(group.name)}</b>, {name}<br>{group.operators} operators"
            + (f", weights {group.bits} bits" if group.bits else "")
            + f"<br>loss {small(loss.loss)} a token<br>KL {small(loss.kl)} a frame<br>WER {loss.wer:.2f}"
            f"<br>margin over error {loss.margin:.3g}"
            for _, group, loss in drawn
        ],
    }


def _length(loss: Loss) -> float:
    return max(loss.loss, SHORTEST)


def _axis(title: str) -> Figure:
    return {"title": {"text": title, "standoff": 8}, "zeroline": False, "ticks": "outside"}


def _line_at_float() -> Figure:
    line = {"color": "var(--edge)", "width": 1, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": line, "layer": "below"}


def _name_of_float() -> Figure:
    place = {"xref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "bottom", "showarrow": False}
    return place | {"text": "float", "font": {"size": 11, "color": "var(--quiet)"}}


def _x(each: EvaluationRow, cost: Cost) -> float:
    return each.file_bytes / 1e6 if cost == "file_bytes" else float(getattr(each, cost))


def _short(name: str) -> str:
    """A name, or its end where it is long; of the path of a module whole parts."""
    if len(name) <= WIDTH:
        return name
    _, dot, end = name[-WIDTH:].partition(".")
    return f"…{end}" if dot and end else f"…{name[1 - WIDTH :]}"


def _text(text: str) -> str:
    """A text that plotly shows as it stands: no markup, and between two dollars no formula."""
    return html.escape(printable(text)).replace("$", "&#36;")
