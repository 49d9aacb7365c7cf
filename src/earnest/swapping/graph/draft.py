"""A graph while it is made: rules append drafts of operators, patterns merge them, and in the end all are frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from earnest.integer.dimension import Dimension
from earnest.nn.layout import Layout
from earnest.nn.twin import Twin
from earnest.swapping.graph.graph import Account, Graph, Node


@dataclass(slots=True, kw_only=True, eq=False)
class Draft:
    """One operator, as a `Node` has it; `path` is the module that it stands in, `part_of` what a pattern merged it
    into. A parameter that is a value has a `name` from the beginning.
    """

    twin: type[Twin] | None
    inputs: list["Draft"]
    settings: dict[str, Any]
    parameters: dict[str, Tensor]
    path: str
    aten: str
    source: str
    name: str = ""
    users: list["Draft"] = field(default_factory=list)
    part_of: "Draft | None" = None

    def is_a(self, *twins: type[Twin]) -> bool:
        """Whether it becomes one of these."""
        return self.twin is not None and issubclass(self.twin, twins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was made for one operator of the exported graph, or in words why nothing was."""

    aten: str
    path: str
    became: str
    drafts: tuple[Draft, ...]


@dataclass(slots=True, kw_only=True)
class DraftGraph:
    """Drafts in order, and what a `Graph` says of them; `ends` are the shortest and the greatest time."""

    drafts: list[Draft]
    result: Draft
    input: Draft
    input_shape: tuple[Dimension, ...]
    ends: tuple[int, int]
    tokens: Draft | None
    most_tokens: int
    padding: frozenset[int]
    entries: Sequence[Entry]

    def link(self) -> None:
        """Fill in the users of every draft."""
        for draft in self.drafts:
            draft.users = []
        for draft in self.drafts:
            for source in draft.inputs:
                source.users.append(draft)

    def prune(self) -> None:
        """Drop what nothing reads, the last first."""
        self.link()
        for draft in reversed(list(self.drafts)):
            if not draft.users and draft is not self.result and draft.twin is not None:
                self.drafts.remove(draft)
                for source in draft.inputs:
                    source.users.remove(draft)

    def frozen(self, model: nn.Module) -> Graph:
        """The graph, its operators called after the paths of the model's modules."""
        names = _names(self.drafts, model)
        nodes: dict[int, Node] = {}
        for draft in self.drafts:
            nodes[id(draft)] = Node(
                name=names[id(draft)],
                twin=draft.twin,
                inputs=tuple(nodes[id(source)] for source in draft.inputs),
                settings=draft.settings,
                parameters=draft.parameters,
                aten=draft.aten,
                source=draft.source,
            )
        return Graph(
            nodes=tuple(nodes.values()),
            users={nodes[id(draft)]: tuple(nodes[id(user)] for user in draft.users) for draft in self.drafts},
            result=nodes[id(self.result)],
            input=nodes[id(self.input)],
            input_shape=self.input_shape,
            shortest=self.ends[0],
            longest=self.ends[1],
            tokens=None if self.tokens is None else nodes[id(self.tokens)],
            most_tokens=self.most_tokens,
            padding=self.padding,
            accounts=tuple(_account(entry, nodes) for entry in self.entries),
        )


def _account(entry: Entry, nodes: Mapping[int, Node]) -> Account:
    parts = sorted({nodes[id(draft.part_of)].name for draft in entry.drafts if draft.part_of is not None})
    return Account(
        aten=entry.aten,
        path=entry.path,
        became=entry.became,
        nodes=tuple(nodes[id(draft)] for draft in entry.drafts if id(draft) in nodes),
        part_of=parts[0] if parts else "",
    )


def _names(drafts: Sequence[Draft], model: nn.Module) -> dict[int, str]:
    """Names by module path: the one operator of a leaf module has the module's path, others `path.kind[k]`, k in the
    order of that module's forward; a parameter that is a value has its own path.
    """
    found, by_path = {}, dict[str, list[Draft]]()
    for draft in drafts:
        if draft.twin is None:
            found[id(draft)] = draft.name
        else:
            by_path.setdefault(draft.path, []).append(draft)
    modules: Mapping[str, nn.Module] = dict(model.named_modules())
    for path, group in by_path.items():
        module = modules.get(path)
        leaf = module is not None and path != "" and not any(True for _ in module.children())
        real = [draft for draft in group if not draft.is_a(Layout)]
        own = real if len(real) == 1 else group if len(group) == 1 else []
        counts: dict[str, int] = {}
        for draft in group:
            if draft.name:
                found[id(draft)] = draft.name
            elif leaf and draft in own:
                found[id(draft)] = path
            else:
                assert draft.twin is not None
                kind = draft.twin.captured
                index = counts.get(kind, 0)
                counts[kind] = index + 1
                found[id(draft)] = f"{path}.{kind}[{index}]" if path else f"{kind}[{index}]"
    return found
