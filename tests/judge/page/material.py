"""Verdicts to show: one of a program of layers, one of a census, and one in which every name is hostile."""

from html.parser import HTMLParser

from earnest.judge.level import Level
from earnest.judge.verdict import Rule, Section, Subject, Verdict

SUMS = Rule(name="accumulators", asks="no sum can overflow", cap=Level.NONE)
NAMED = Rule(name="headline", asks="the name is true", cap=None)
DECLARED = Rule(name="declared", asks="the front end is declared", cap=Level.H3)
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
REASON = "the front end is float"
HOSTILE = (
    "</title></style></svg><script>alert(1)</script><img src=x onerror=alert(1)>"
    "\"' onload='alert(1)\x1b[31m\u202e\ud800"
)

_VOID = {"meta", "link", "br", "col", "img", "input", "hr"}


def step(name, kind, inputs, bits, weight_bits=None, **rest):
    """One operator as the figures of a program have it."""
    rest = {"input_bits": [8] * len(inputs), "shape": [1, 1500, 176], "accumulator_bits": None, **rest}
    return {"name": name, "kind": kind, "inputs": inputs, "bits": bits, "weight_bits": weight_bits, **rest}


def layer(index, read, *, last=8):
    """A residual block: norm, linear, table, reshape, linear, add; its accumulator differs with the index."""
    path = f"encoder.layers.{index}"
    return [
        step(f"{path}.norm", "layer_norm", [read], 8),
        step(f"{path}.feed.linear1", "linear", [f"{path}.norm"], 8, 4, accumulator_bits=18 + index),
        step(f"{path}.feed.activation", "table", [f"{path}.feed.linear1"], 8),
        step(f"{path}.feed.reshape[0]", "reshape", [f"{path}.feed.activation"], 8),
        step(f"{path}.feed.linear2", "linear", [f"{path}.feed.reshape[0]", "encoder.places.constant[0]"], 16, 4),
        step(f"{path}.add[0]", "add", [read, f"{path}.feed.linear2"], last),
    ]


def program_steps(layers=3):
    """A front part, a table of positions that comes late, equal layers, and a head."""
    steps = [step("encoder.front.conv.0", "conv1d", ["input"], 16, 8)]
    read = "encoder.front.conv.0"
    for index in range(layers):
        block = layer(index, read, last=16)
        if index == 0:
            block.insert(2, step("encoder.places.constant[0]", "constant", [], 8))
        steps += block
        read = f"encoder.layers.{index}.add[0]"
    return [*steps, step("head", "linear", [read], 32, 2)]


def program_figures(layers=3):
    """Figures of a program with every part that the page knows, and one that it does not."""
    return {
        "target": "int8x16",
        "model": "conformer",
        "input": {"bits": 8, "signed": True, "shape": [1, "time", 80], "shortest": 5, "longest": 6001},
        "operators": {"linear": 2 * layers + 1, "add": layers},
        "steps": program_steps(layers),
        "weights": 13062368,
        "weight_bits": {"4": 13000000, "8": 62368},
        "bytes": {"weights": 6531184, "biases": 144318, "header": 71862},
        "effective_bits_per_weight": 4.63529,
        "multiply_accumulates": {
            "frames": 1000,
            "total": 5271808384,
            "by_bits": {"4x8": 4744512384, "16x8": 527296000},
        },
        "accumulator": {"bits": 24, "allowed": 32, "step": "encoder.layers.0.feed.linear1"},
        "front_end": {"name": "log-mel", "mels": 80, "hop": 160},
        "invented_later": {"deep": [{"deeper": {"deepest": "a figure of tomorrow"}}, [1, 2, [3]]]},
    }


def program_verdict(layers=3):
    """An honest program: one rule could not be asked."""
    section = Section(name="program", rules=(SUMS, NAMED, DECLARED), figures=program_figures(layers))
    section.leave(NAMED, "it has no name")
    replay = Section(name="replay", rules=(), figures={"replayed": True, "codes": 51250, "differing": 0})
    evaluation = Section(
        name="evaluation",
        rules=(),
        figures={
            "systems": {"float": {"wer": 4.1, "deletions": 17}, "integer": {"wer": 4.25, "deletions": 19, "empty": 3}},
            "interval": [-0.021, 0.318],
        },
    )
    return verdict(section, replay, evaluation)


def verdict(*sections, ceiling=Level.H4, facts=None):
    """Sections on a program that reads features."""
    subject = Subject(
        kind="program",
        name="conformer-w4a8",
        ceiling=ceiling,
        reason=REASON,
        facts={"file_bytes": 7568499, "sha256": SHA256} if facts is None else facts,
    )
    return Verdict(subject=subject, float_operators=0, bits_per_weight=4.63529, sections=sections)


def census_verdict():
    """A running model with one float operator."""
    rows = [
        {
            "operator": "aten.mm",
            "inputs": ["int8", "int8"],
            "calls": 48,
            "float": False,
            "modules": [f"m{i}" for i in range(9)],
        },
        {"operator": "aten._softmax", "inputs": ["float32"], "calls": 16, "float": True, "modules": ["attention"]},
    ]
    return verdict(Section(name="trace", rules=(), figures={"rows": rows}), ceiling=Level.H2)


def hostile_verdict():
    """Everything that a stranger may name is a piece of markup, of script, and of terminal codes."""
    rule = Rule(name=HOSTILE, asks=HOSTILE, cap=Level.H1)
    asked = Rule(name=f"{HOSTILE} asked", asks=HOSTILE, cap=Level.H1)
    named = f"layers.0.{HOSTILE}"
    section = Section(
        name="program",
        rules=(rule, asked),
        figures={
            HOSTILE: HOSTILE,
            "steps": [
                step(named, HOSTILE, [], 8, HOSTILE=HOSTILE),
                step("b", "add", [named], 16, **{HOSTILE: HOSTILE}),
            ],
            "operators": {HOSTILE: 3},
            "bytes": {HOSTILE: 5},
            "by_bits": {HOSTILE: 5, "4x8": 1},
            "rows": [{HOSTILE: HOSTILE, "modules": [HOSTILE] * 9, "float": True}],
            "deep": {HOSTILE: {HOSTILE: [[HOSTILE]]}},
            "front_end": {HOSTILE: HOSTILE},
        },
    )
    section.report(rule, HOSTILE, HOSTILE)
    section.leave(asked, HOSTILE)
    subject = Subject(kind=HOSTILE, name=HOSTILE, ceiling=Level.H3, reason=HOSTILE, facts={HOSTILE: HOSTILE})
    other = Section(name=HOSTILE, rules=(), figures={HOSTILE: HOSTILE})
    return Verdict(subject=subject, float_operators=None, bits_per_weight=None, sections=(section, other))


class Markup(HTMLParser):
    """A page taken apart; a tag that is not closed where it was opened is an AssertionError."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self._open = [], [], []
        self.feed(page)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open, f"closed, never opened: {tag}"
        assert self._open[-1] == tag, f"{tag} is closed inside {self._open}"
        self._open.pop()

    def handle_data(self, data):
        if "style" not in self._open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def of_class(self, name):
        return [attrs for _, attrs in self.tags if name in (attrs.get("class") or "").split()]
