"""Every kind of row that the ledger knows, told apart by the key `kind`; rows of other kinds are kept as they are."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from earnest.errors import LedgerError
from earnest.ledger.benchmark import BenchmarkRow
from earnest.ledger.coverage import CoverageRow
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.row import LedgerRow, OtherRow, told
from earnest.ledger.sensitivity import SensitivityRow
from earnest.ledger.speed import SpeedRow
from earnest.ledger.training import TrainingRow, TrainingStepRow

KnownRow = EvaluationRow | SensitivityRow | TrainingRow | TrainingStepRow | BenchmarkRow | CoverageRow | SpeedRow
AnyRow = KnownRow | OtherRow

_KNOWN: TypeAdapter[KnownRow] = TypeAdapter(Annotated[KnownRow, Field(discriminator="kind")])
_UNKNOWN = ("union_tag_invalid", "union_tag_not_found")

Kind = TypeVar("Kind", bound=LedgerRow)


def parsed_row(content: Mapping[str, Any], where: str) -> AnyRow:
    """The row of a JSON object. LedgerError: `where`, the key, what was expected and what came."""
    try:
        return _KNOWN.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] in _UNKNOWN:
            return OtherRow.of(content)
        raise LedgerError(f"{where}, of kind {content['kind']!r}: {told(error, inside=1)}") from error


def of_kind(rows: Iterable[AnyRow], kind: type[Kind]) -> list[Kind]:
    """The rows of one class, oldest first."""
    return [row for row in rows if isinstance(row, kind)]
