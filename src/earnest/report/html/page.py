"""A report as one HTML page: plotly.js stands in it once, nothing comes from the network.

The policy of the page names its two scripts by their SHA-256: no other one runs, whatever a transcript holds.
"""

import base64
import hashlib
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from earnest.errors import EarnestError
from earnest.judge.level import Level
from earnest.judge.wording import printable, shown
from earnest.report.html.content import Report
from earnest.report.html.fronts import Plane
from earnest.report.html.plots import BARS, COLOURS, HIGHEST, above, front_figure, sensitivity_figure
from earnest.report.html.regressions import SHOWN
from earnest.report.markdown import Table, read_table
from earnest.report.pages import TABLES

HERE = "earnest.report.html"
FOLDERS = {"report.html": HERE, "report.css": HERE, "verdict.css": "earnest.judge.page"}
"""Where the parts of the page lie; its look is that of a verdict."""


def report_page(content: Report) -> str:
    """The whole page."""
    figures: dict[str, dict[str, Any]] = {
        **{
            f"bytes-{number}": front_figure(plane, content.summary.targets)
            for number, plane in enumerate(content.by_bytes)
        },
        **{
            f"time-{number}": front_figure(plane, content.summary.targets)
            for number, plane in enumerate(content.by_time)
        },
        **{f"scan-{number}": sensitivity_figure(scan) for number, scan in enumerate(content.scans)},
    }
    scripts = _scripts() if figures else ()
    return (
        _environment()
        .get_template("report.html")
        .render(
            content=content,
            counts=content.summary,
            meanings={str(level): level.meaning for level in Level},
            figures=figures,
            scripts=scripts,
            policy=_policy(scripts),
            tables={
                name: _table(name, content) for name in ("best", "sensitivity", "results", "evaluations", "engine")
            },
            untimed=_untimed(content.by_bytes, content.by_time),
            above=above,
            shades=(),
        )
    )


def _scripts() -> tuple[Markup, ...]:
    """plotly.js and the script that draws with it."""
    ours = resources.files(HERE).joinpath("report.js").read_text(encoding="utf-8")
    scripts = (get_plotlyjs(), ours)
    for script in scripts:
        if "</script" in script.lower() or "<!--" in script or "\r" in script:
            raise EarnestError(
                "expected a script that can stand within a page, got one that ends it; take plotly 7.1.0"
            )
    return tuple(Markup(script) for script in scripts)  # our own texts, and plotly's


def _policy(scripts: tuple[Markup, ...]) -> str:
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: resources.files(FOLDERS[name]).joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: printable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(SHOWN=SHOWN, BARS=BARS, HIGHEST=HIGHEST, COLOURS=COLOURS)
    environment.filters.update(shown=shown)
    return environment


def _table(name: str, content: Report) -> Table:
    return read_table(TABLES[name](content.rows))


def _untimed(by_bytes: tuple[Plane, ...], by_time: tuple[Plane, ...]) -> int:
    """Configurations without a time."""
    everything, timed = (
        sum(len(front.programs) for plane in planes for front in plane.fronts) for planes in (by_bytes, by_time)
    )
    return everything - timed
