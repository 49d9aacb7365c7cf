"""What every row of the ledger is: made by a command, at a commit, with versions, on a machine; and how it is read."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ValidationError

from earnest.errors import LedgerError
from earnest.ledger.fields import Flag, MaybeCount, MaybeText, Object, Part, Text

MADE = frozenset({"command", "git", "versions", "machine", "system", "cpus"})
"""Keys that say how a row was made, and not what was measured."""

SHOWN_CHARACTERS = 60
"""Of a value that is refused."""


class GitState(Part, frozen=True):
    """The commit of earnest itself; `dirty`: a file of the package differed from it."""

    commit: Text
    dirty: Flag

    @property
    def short(self) -> str:
        """The first seven digits, with a + where the working tree differed."""
        return f"{self.commit[:7]}{'+' if self.dirty else ''}"


class LedgerRow(BaseModel, frozen=True, extra="forbid"):
    """One line of the ledger. The fields of a class are all keys of its rows; one that a row may lack is None there."""

    NOUN: ClassVar[str] = "a row"
    """What errors call it."""

    command: Text
    """The command that made it, without paths of a machine."""
    git: GitState | None
    """None: made by an installed copy, or without git."""
    versions: Object
    """Versions of Python and of packages by name; null where one was not installed."""
    machine: MaybeText = None
    """Its architecture. Absent in rows that were not written by this package."""
    system: MaybeText = None
    """Its operating system; absent as above."""
    cpus: MaybeCount = None
    """Its cores; absent as above."""

    @classmethod
    def of(cls, content: Mapping[Any, Any], where: str = "the ledger") -> Self:
        """The row with these keys; LedgerError names the key, what was expected and what came."""
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            raise LedgerError(f"{where}, {cls.NOUN}: {told(error)}") from error

    def content(self) -> dict[str, Any]:
        """The keys of its line and their values: those that were given, and no others."""
        return self.model_dump(exclude_unset=True, by_alias=True)

    def figures(self) -> dict[str, Any]:
        """The same without what says how it was made."""
        return {key: value for key, value in self.content().items() if key not in MADE}

    def extended(self, more: Mapping[str, Any]) -> Self:
        """The row with further keys, checked anew."""
        return self.of(self.content() | dict(more))

    @property
    def commit(self) -> str | None:
        """The short commit, with a + where the working tree differed from it; None where there is none."""
        return None if self.git is None else self.git.short

    @property
    def machine_name(self) -> str:
        """What it was measured on, as far as it says."""
        return machine_name(None, self.machine, self.cpus)


class OtherRow(BaseModel, frozen=True, extra="allow"):
    """A row of a kind that this version does not know. It is kept as it is, counted, and in no table."""

    kind: Any = None
    """None: it has no kind."""

    @classmethod
    def of(cls, content: Mapping[Any, Any]) -> Self:
        """The row with these keys."""
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            raise LedgerError(f"a row of the ledger: {told(error)}") from error

    def content(self) -> dict[str, Any]:
        """The keys of its line and their values."""
        return self.model_dump(exclude_unset=True)

    @property
    def commit(self) -> str | None:
        """As of any row, where it says one."""
        git = self.content().get("git")
        if not isinstance(git, Mapping):
            return None
        return GitState(commit=str(git.get("commit", "?")), dirty=bool(git.get("dirty"))).short

    @property
    def machine_name(self) -> str:
        """As of any row, as far as it says."""
        known = self.content()
        return machine_name(known.get("cpu"), known.get("machine"), known.get("cpus"))


def machine_name(cpu: object, machine: object, cpus: object) -> str:
    """A processor, or else an architecture, and the number of cores where it is known."""
    name = cpu or machine or "unknown machine"
    return f"{name}, {cpus} cores" if cpus is not None else str(name)


def told(error: ValidationError, *, inside: int = 0) -> str:
    """The first thing that is wrong, in one line; `inside` parts of its place are not of the row."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"][inside:])
    if first["type"] == "missing":
        return f"key {key!r} is missing"
    cause = first.get("ctx", {}).get("error")
    expected = str(cause) if cause is not None else first["msg"].replace("Input should be", "expected", 1)
    if not key:
        return expected
    if first["type"] == "extra_forbidden":
        expected = "expected no such key"
    return f"key {key!r}: {expected}, got {_shown(first['input'])}"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python writes
        text = "a number of too many digits"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
