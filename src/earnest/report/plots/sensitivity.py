"""The picture of sensitivities: a bar for each group of operators, the most sensitive first."""

from collections.abc import Iterable

from earnest.ledger.rows import AnyRow
from earnest.report.plots import svg
from earnest.report.tables.sensitivity import Group, scans

WIDTH, ROW_HEIGHT, TOP = 760, 22, 58
LEFT, RIGHT = 170, 660


def draw_sensitivity(rows: Iterable[AnyRow]) -> str:
    """The file of the picture: losses alone of the first scan, on one linear axis; an empty one without rows."""
    scan = next(iter(scans(rows)), None)
    groups = [group for group in scan.groups if group.alone is not None] if scan is not None else []
    losses = [_loss(group) for group in groups]
    scale = (RIGHT - LEFT) / max([*losses, 1e-9])
    elements = [svg.text((10, 22), "loss of each group alone, nats a token")]
    if scan is not None:
        told = f"{scan.recipe} on {scan.target}, {scan.utterances} utterances of {scan.data}"
        elements.append(svg.text((10, 42), told, fill=svg.QUIET))
    for place, (group, loss) in enumerate(zip(groups, losses, strict=True)):
        y = TOP + ROW_HEIGHT * place
        length = max(scale * loss, 1.0)
        elements.append(svg.text((LEFT - 8, y + 14), group.name, anchor="end"))
        elements.append(svg.rectangle((LEFT, y + 3), length, ROW_HEIGHT - 7, fill=svg.SERIES[0]))
        elements.append(svg.text((LEFT + length + 6, y + 14), f"{loss:.4f}", size=12, fill=svg.QUIET))
    elements.append(svg.line([(LEFT, TOP - 4), (LEFT, TOP + ROW_HEIGHT * len(groups))], stroke=svg.QUIET))
    title = "What each group of operators loses when nothing else is quantized"
    return svg.picture(WIDTH, TOP + ROW_HEIGHT * len(groups) + 14, title, elements)


def _loss(group: Group) -> float:
    return 0.0 if group.alone is None else group.alone.loss
