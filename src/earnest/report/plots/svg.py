"""Pictures as SVG: plain text of a few elements, the same bytes from the same figures, drawn by any browser.

Coordinates are pixels from the upper left corner, written with one digit behind the point.
"""

import html
from collections.abc import Sequence
from typing import Literal

INK, QUIET, GRID, PAPER = "#1f2328", "#59636e", "#d8dee4", "#ffffff"
SERIES = ("#0b5cad", "#b35900")
"""Colours of two series that stay apart for the colour-blind, and in grey."""
FADED = "#afb8c1"
FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


def picture(width: int, height: int, title: str, elements: Sequence[str]) -> str:
    """The whole file. Whoever cannot see it reads the title."""
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="{FONT}">'
    )
    paper = f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
    return "\n".join([opening, f"<title>{html.escape(title)}</title>", paper, *elements, "</svg>"]) + "\n"


def text(
    at: Point, content: str, *, anchor: Anchor = "start", size: int = 13, fill: str = INK, halo: bool = False
) -> str:
    """A line of text on a base line that begins, has its middle or ends at a point. A halo parts it from what it lies
    on.
    """
    place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}"'
    around = f' stroke="{PAPER}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    return f'<text {place} font-size="{size}" fill="{fill}"{around}>{html.escape(content)}</text>'


def line(points: Sequence[Point], *, stroke: str = GRID, width: float = 1.0, dash: str = "") -> str:
    """A line through points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{width:g}"{dashed}/>'


def rectangle(at: Point, width: float, height: float, *, fill: str) -> str:
    """A bar from its upper left corner."""
    return f'<rect x="{at[0]:.1f}" y="{at[1]:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'


def circle(at: Point, *, radius: float = 4.5, fill: str) -> str:
    """A round mark."""
    return f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:g}" fill="{fill}"/>'


def diamond(at: Point, *, radius: float = 6.0, fill: str) -> str:
    """A mark that stands on its corner."""
    x, y = at
    corners = ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
    return f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}" fill="{fill}"/>'
