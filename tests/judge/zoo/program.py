"""Program files that are not what they say, and such that are."""

from pathlib import Path

import numpy as np
from tests.integer.every_operator import CLASSES
from tests.judge.zoo.cheat import Cheat, Honest
from tests.judge.zoo.dishonest import (
    DEEP,
    called,
    cut,
    deaf,
    diluted,
    grouped,
    layer_in_a_table,
    lowest_of_four,
    moved,
    operator,
    remembered,
    told_of_decoder,
    told_of_transducer,
    up_to,
    weights_as_codes,
    written_of_decoder,
)
from tests.judge.zoo.edits import (
    claimed_constant,
    claimed_narrow,
    flipped,
    float_bytes,
    float_tensor,
    lowest_weight,
    more_operands,
    no_channels,
    other_names,
    real_number,
    renamed_kind,
    spaced,
    wide_bias,
    wide_input,
    wide_shifts,
)
from tests.judge.zoo.planting import (
    DECODING,
    TRANSDUCTION,
    anything,
    decoder,
    edited,
    honest,
    judge_odd,
    judged,
    put,
    rewritten,
    saved,
    short,
    spoilt,
    told,
    transducer,
    with_header,
    with_metadata,
)

from earnest.file import dumps
from earnest.integer.dimension import TIME
from earnest.judge.verdict import Verdict

ROWS_OF_KEYS = operator("rows of keys")

CHEATS = (
    # the file
    Cheat(name="a float tensor", patterns=(3, 20), rule="integer-tensors", judge=edited(float_tensor), alone=False),
    Cheat(
        name="a real number in the text", patterns=(4,), rule="integer-text", judge=rewritten(real_number), alone=False
    ),
    Cheat(
        name="metadata beside the program",
        patterns=(11,),
        rule="nothing-hidden",
        judge=rewritten(lambda data: with_metadata(data, scales="0.1 0.2")),
    ),
    Cheat(
        name="room in the operator list", patterns=(11,), rule="nothing-hidden", judge=rewritten(spaced), alone=False
    ),
    Cheat(
        name="room in the header",
        patterns=(11,),
        rule="nothing-hidden",
        judge=rewritten(lambda data: with_header(data, lambda text: text + " " * 64)),
    ),
    Cheat(
        name="bytes behind the tensors",
        patterns=(11,),
        rule="nothing-hidden",
        judge=rewritten(lambda data: data + np.ones(4, np.float32).tobytes()),
    ),
    Cheat(
        name="float weights under an integer type", patterns=(18, 20), rule="nothing-hidden", judge=edited(float_bytes)
    ),
    Cheat(name="a key of its own", patterns=(11,), rule="nothing-hidden", judge=told(scales=[1, 2])),
    Cheat(name="weights written as text", patterns=(11,), rule="nothing-hidden", judge=told(recipe="7f3a" * 100)),
    Cheat(name="a flipped bit", patterns=(), rule="digest", judge=rewritten(flipped), alone=False),
    # operators
    Cheat(name="a float activation", patterns=(3,), rule="known-operators", judge=edited(renamed_kind)),
    Cheat(name="an operator with a scale", patterns=(4,), rule="known-operators", judge=edited(other_names)),
    Cheat(
        name="a field of another type",
        patterns=(),
        rule="known-operators",
        judge=edited(put("silu", "input_signed", 1)),
    ),
    Cheat(name="a table of two values", patterns=(), rule="known-operators", judge=edited(more_operands)),
    # widths
    Cheat(name="constants with room", patterns=(11,), rule="claimed-widths", judge=edited(wide_shifts)),
    Cheat(
        name="8-bit weights called 4",
        patterns=(18, 22),
        rule="claimed-widths",
        judge=edited(claimed_narrow),
        alone=False,
    ),
    Cheat(
        name="weights by another map",
        patterns=(18,),
        rule="claimed-widths",
        judge=edited(put("logits", "weight_map", "odd")),
    ),
    Cheat(
        name="groups of 4 weights",
        patterns=(18, 22),
        rule="claimed-widths",
        judge=edited(put("logits", "weight_group", 4)),
    ),
    Cheat(
        name="a weight beyond int8 with its multiplier",
        patterns=(8, 18),
        rule="claimed-widths",
        judge=saved(grouped(7, 19)),
    ),
    Cheat(name="a 4-bit weight of -8", patterns=(8,), rule="claimed-widths", judge=saved(lowest_of_four())),
    Cheat(name="a weight below the lowest", patterns=(8,), rule="claimed-widths", judge=edited(lowest_weight)),
    Cheat(
        name="a 16-bit constant called 8",
        patterns=(18,),
        rule="claimed-widths",
        judge=edited(claimed_constant),
        alone=False,
    ),
    Cheat(
        name="a result of 12 bits", patterns=(8,), rule="claimed-widths", judge=spoilt("logits", bits=12), alone=False
    ),
    Cheat(name="8 bits read as 4", patterns=(22,), rule="claimed-widths", judge=spoilt("logits", input_bits=4)),
    Cheat(
        name="signed exponentials",
        patterns=(39,),
        rule="claimed-widths",
        judge=spoilt("mean", ["small scores", "v"], program=None),
        alone=False,
    ),
    Cheat(
        name="an input wider than it says",
        patterns=(22,),
        rule="claimed-widths",
        judge=edited(wide_input),
    ),
    Cheat(
        name="a concat of two widths",
        patterns=(2,),
        rule="claimed-widths",
        judge=spoilt("context", bits=16),
        alone=False,
    ),
    # constants
    Cheat(
        name="a zero point that is no code", patterns=(8,), rule="constants", judge=spoilt("product", zero_point=200)
    ),
    Cheat(
        name="a zero point of a sum that is no code",
        patterns=(2,),
        rule="constants",
        judge=spoilt("scores", zero_points=(0, 1 << 24)),
    ),
    Cheat(
        name="a bias for some channels",
        patterns=(9,),
        rule="constants",
        judge=spoilt("logits", bias=np.zeros(3, np.int64)),
    ),
    Cheat(
        name="a bias wider than 32 bits",
        patterns=(9,),
        rule="constants",
        judge=edited(wide_bias),
    ),
    Cheat(
        name="a layer in a 16-bit table", patterns=(3,), rule="constants", judge=saved(layer_in_a_table()), alone=False
    ),
    Cheat(name="a softmax all of fine bits", patterns=(39,), rule="constants", judge=spoilt("softmax", fine_bits=16)),
    Cheat(
        name="a softmax that loses mass",
        patterns=(39,),
        rule="constants",
        judge=spoilt("softmax", coarse=np.minimum(operator("softmax").coarse, 9000)),
    ),
    Cheat(
        name="tokens beyond the embedding",
        patterns=(),
        rule="constants",
        judge=spoilt("rows of keys", **{name: getattr(ROWS_OF_KEYS, name)[:200] for name in ROWS_OF_KEYS.constants()}),
    ),
    Cheat(
        name="a sum with a multiplier too few",
        patterns=(2,),
        rule="constants",
        judge=spoilt("scores", multipliers=(40000,)),
    ),
    # multipliers
    Cheat(
        name="a scale of 31 bits hidden in a multiplier",
        patterns=(4,),
        rule="multipliers",
        judge=spoilt("product", multiplier=(1 << 30) + 12345),
    ),
    Cheat(
        name="a wide shift",
        patterns=(15,),
        rule="multipliers",
        judge=spoilt("logits", shift=np.full(CLASSES, 60)),
        alone=False,
    ),
    Cheat(
        name="a sum's multiplier of 60 bits",
        patterns=(2,),
        rule="multipliers",
        judge=spoilt("scores", multipliers=(3, 50000)),
    ),
    Cheat(name="a mean that is turned round", patterns=(), rule="multipliers", judge=spoilt("mean", multiplier=-60000)),
    # sums
    Cheat(
        name="an accumulator that overflows",
        patterns=(7,),
        rule="accumulators",
        judge=spoilt("logits", bias=DEEP.bias),
        alone=False,
    ),
    Cheat(name="a product rounded twice", patterns=(15,), rule="unrounded", judge=spoilt("content", shift=14)),
    # shapes
    Cheat(name="an input without channels", patterns=(), rule="shapes", judge=edited(no_channels)),
    Cheat(
        name="an operand that does not fit", patterns=(), rule="shapes", judge=spoilt("logits", ["silu"]), alone=False
    ),
    Cheat(
        name="a length that divides by zero",
        patterns=(31,),
        rule="shapes",
        judge=saved(cut(start=0, stop=("max", 1, ("//", TIME, ("max", -100, ("+", TIME, -101)))))),
    ),
    Cheat(
        name="a longer recording that is cut shorter",
        patterns=(31,),
        rule="shapes",
        judge=saved(cut(start=0, stop=("min", TIME, ("max", 2, ("+", 306, ("*", -1, TIME)))))),
    ),
    # the whole
    Cheat(
        name="the transcript is remembered", patterns=(23,), rule="from-input", judge=saved(remembered()), alone=False
    ),
    Cheat(
        name="the audio is multiplied by 0",
        patterns=(23,),
        rule="from-input",
        judge=spoilt("logits", multiplier=np.zeros(CLASSES, np.int64)),
    ),
    Cheat(
        name="the audio meets a table of one value",
        patterns=(23,),
        rule="from-input",
        judge=spoilt("silu", table=np.full(256, 7)),
    ),
    Cheat(
        name="the audio is rounded away",
        patterns=(23,),
        rule="from-input",
        judge=spoilt("logits", shift=np.full(CLASSES, 47)),
    ),
    Cheat(
        name="the audio is taken away again",
        patterns=(23,),
        rule="from-input",
        judge=spoilt("scores", ["content", "content"], multipliers=(40000, -40000), program=up_to("scores")),
        alone=False,
    ),
    Cheat(name="a decoder that does not listen", patterns=(23,), rule="from-input", judge=saved(deaf())),
    Cheat(
        name="an embedding whose rows are all the same",
        patterns=(23,),
        rule="from-input",
        judge=spoilt(
            "rows of keys",
            program=up_to("rows of keys"),
            weight=np.ones_like(ROWS_OF_KEYS.weight),
            multiplier=np.full_like(ROWS_OF_KEYS.multiplier, 40000),
            shift=np.full_like(ROWS_OF_KEYS.shift, 16),
        ),
        alone=False,
    ),
    Cheat(name="1-bit ballast", patterns=(18,), rule="all-read", judge=saved(diluted()), alone=False),
    Cheat(
        name="an operator that the device lacks",
        patterns=(8, 35),
        rule="target",
        judge=saved(honest(), target=anything(32, without="glu")),
    ),
    Cheat(
        name="a width that the device lacks",
        patterns=(8, 35),
        rule="target",
        judge=saved(honest(), target=anything(32, narrow="glu")),
    ),
    Cheat(name="w4a8 of 8-bit weights", patterns=(16, 22), rule="headline", judge=told(recipe="w4a8")),
    Cheat(name="a file called w2a8", patterns=(16, 22), rule="headline", judge=saved(honest(), name="best-w2a8")),
    Cheat(name="an average that leaves much out", patterns=(18,), rule="headline", judge=told(model="mixed-4.5b")),
    Cheat(
        name="weights that are called a constant",
        patterns=(16, 37, 38),
        rule="headline",
        judge=saved(weights_as_codes()),
    ),
    Cheat(
        name="4-bit weights, and 5-bit multipliers of 8 each",
        patterns=(16, 22),
        rule="headline",
        judge=saved(grouped(7, 18, recipe="w4a8")),
    ),
    Cheat(name="weights behind a table of identity", patterns=(16, 37), rule="headline", judge=saved(moved())),
    Cheat(name="a front end that is not told", patterns=(12,), rule="declared", judge=told(front_end={})),
    Cheat(name="an input grid with a scale", patterns=(12,), rule="declared", judge=told(input_grid={"scale": 3})),
    Cheat(
        name="a calibration that is not told", patterns=(23,), rule="declared", judge=told(calibration=["dev-clean"])
    ),
    Cheat(name="a beam search in float", patterns=(13, 29), rule="declared", judge=told(decoding="beam-8-lm")),
    Cheat(
        name="a beam search in float behind a decoder",
        patterns=(13, 29),
        rule="declared",
        judge=saved(told_of_decoder(name="beam-8-lm")),
    ),
    Cheat(
        name="weights among the suppressed tokens",
        patterns=(11, 18),
        rule="declared",
        judge=saved(told_of_decoder(suppressed=list(range(1 << 20, (1 << 20) + 100)))),
        alone=False,
    ),
    Cheat(
        name="a decoder that is called a transducer",
        patterns=(13,),
        rule="declared",
        judge=saved(called(decoder(), TRANSDUCTION | {"durations": []})),
    ),
    Cheat(
        name="a transducer that is called a decoder",
        patterns=(13,),
        rule="declared",
        judge=saved(called(transducer(), DECODING)),
        alone=False,
    ),
    Cheat(
        name="durations in float",
        patterns=(13,),
        rule="declared",
        judge=saved(told_of_transducer(durations=["0.0", "0.5", "1.0"])),
    ),
    Cheat(
        name="classes of a transducer that are called durations",
        patterns=(13,),
        rule="declared",
        judge=saved(told_of_transducer(durations=[0, 1, 2, 3])),
    ),
    Cheat(
        name="a language model behind a transducer",
        patterns=(13, 29),
        rule="declared",
        judge=saved(told_of_transducer(scores=[3, 1])),
    ),
    Cheat(
        name="a transducer that never goes on",
        patterns=(13,),
        rule="declared",
        judge=saved(told_of_transducer(most_of_a_frame=0)),
    ),
    Cheat(
        name="weights among the special tokens",
        patterns=(11, 18),
        rule="declared",
        judge=saved(written_of_decoder(special=[1 << 20])),
    ),
    Cheat(
        name="pieces for other classes behind a decoder",
        patterns=(13,),
        rule="declared",
        judge=saved(written_of_decoder(pieces=["a", "b"], special=[])),
    ),
    Cheat(
        name="a language model among the tokens",
        patterns=(13, 29),
        rule="declared",
        judge=saved(written_of_decoder(scores=[3, 1])),
    ),
    Cheat(name="tokens for other classes", patterns=(13,), rule="declared", judge=told(tokens=["a", "b"])),
)


def quantized(recipe: str, target: str, folder: Path) -> Verdict:
    """A random Conformer by a recipe that comes with earnest."""
    from earnest.models.conformer.config import ConformerConfig
    from earnest.models.hub.random_weights import random_model
    from earnest.pipeline import quantize
    from earnest.speech.librispeech import read_split
    from synthetic import write_corpus

    write_corpus(folder / "speech", chapters=1)
    config = ConformerConfig(width=16, layers=1, heads=2, feed_forward=24, kernel=5, channels=4, classes=28)
    paths = [utterance.path for utterance in read_split(folder / "speech", transcripts="absent")]
    program = quantize(random_model(7, config), recipe, target, paths, name="tiny", longest=400).program
    return judged(dumps(program), folder, f"tiny-{recipe}")


def by_recipe(recipe: str, target: str) -> Honest:
    """An honest program of a recipe."""
    return Honest(name=f"{recipe} for {target}", level="H4", judge=lambda folder: quantized(recipe, target, folder))


HONEST = (
    Honest(name="every operator", level="H4", judge=saved(honest())),
    Honest(name="a decoder", level="H4", judge=saved(decoder())),
    Honest(name="a transducer", level="H4", judge=saved(transducer())),
    Honest(
        name="a decoder that suppresses most tokens",
        level="H4",
        judge=saved(told_of_decoder(suppressed=list(range(5, 28)), suppressed_first=[3, 4])),
    ),
    Honest(name="two operators", level="H4", judge=saved(short())),
    Honest(name="a file called w8a8", level="H4", judge=saved(honest(), name="zoo-w8a8-int8x16")),
    Honest(name="4-bit weights in groups of 8", level="H4", judge=saved(grouped(7, 4, recipe="w4a8"))),
    Honest(name="a modest average", level="H4", judge=told(model="mixed-8.0b")),
    *(by_recipe(recipe, target) for recipe in ("w8a8", "w4a8") for target in ("int8x16", "int8")),
    *(
        Honest(name=f"odd shapes {seed}", level="H4", judge=judge_odd(seed))
        for seed in (0, 7, 8, 9, 10, 13, 16, 20, 22, 23)
    ),
)
