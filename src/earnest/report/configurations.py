"""Configurations among the evaluations of a ledger: what was tried, on what; and the rows that stand for each."""

from collections.abc import Iterable

from earnest.ledger.evaluation import EvaluationRow


def latest(found: Iterable[EvaluationRow]) -> list[EvaluationRow]:
    """Of every configuration the row that was measured last."""
    return list({each.configuration: each for each in found}.values())


def different(found: Iterable[EvaluationRow]) -> list[EvaluationRow]:
    """Of every configuration each result that came out, with the row that measured it last: none is lost because
    another came later.
    """
    return list({(each.configuration, each.errors): each for each in found}.values())
