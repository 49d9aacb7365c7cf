"""What `transformers` says of the tokens of a decoder: what it begins with, ends with, never chooses, and the cap; and
of those of a transducer.

Greedy decoding: the width of a beam is not read, and settings by which `generate` would choose other tokens are
refused.
"""

from collections.abc import Iterable
from typing import Any

from earnest.errors import CaptureError, FileError
from earnest.runtime.decoding.generation import Generation
from earnest.runtime.decoding.transduction import Transduction

_NEUTRAL: dict[str, tuple[object, ...]] = {
    "repetition_penalty": (1.0,),
    "no_repeat_ngram_size": (0,),
    "bad_words_ids": (),
    "sequence_bias": (),
    "min_length": (0,),
    "min_new_tokens": (0,),
    "exponential_decay_length_penalty": (),
    "do_sample": (False,),
    "return_timestamps": (False,),
}
"""Settings that change which token is the best, and the values beside None at which they do not."""


def generation_from(generation: Any, *, classes: int, most_tokens: int) -> Generation:
    """What a generation config says of a model of so many classes, which can read at most so many tokens. Suppressed
    tokens that are no class are none.

    CaptureError: no token to begin with or none that ends, one of them that is no class, a setting that greedy decoding
    does not follow, or a Whisper of several languages without one.
    """
    _refuse_what_is_not_followed(generation)
    start, end = _start(generation), _tokens(generation, "eos_token_id")
    if not start or not end:
        raise CaptureError("expected the generation config of a decoder, with decoder_start_token_id and eos_token_id")
    if wrong := [token for token in (*start, *end) if not 0 <= token < classes]:
        raise CaptureError(
            f"generation config: expected tokens 0 .. {classes - 1} to begin and to end, got {wrong[:5]}"
        )
    suppressed, suppressed_first = (
        tuple(token for token in _tokens(generation, name) if 0 <= token < classes)
        for name in ("suppress_tokens", "begin_suppress_tokens")
    )
    return Generation(
        start=start,
        end=end,
        suppressed=suppressed,
        suppressed_first=suppressed_first,
        most_tokens=min(int(getattr(generation, "max_length", None) or most_tokens), most_tokens),
    )


def transduction_from(config: Any, generation: Any, *, most_tokens: int) -> Transduction:
    """What the configs of a transducer say, which can read at most so many tokens. Without a token to begin with it
    begins with the blank.

    CaptureError: no blank, a token that is no class, durations that are none, or a setting that greedy decoding does
    not follow.
    """
    _refuse_what_is_not_followed(generation)
    start, blank = getattr(generation, "decoder_start_token_id", None), getattr(config, "blank_token_id", None)
    told = {
        "start": blank if start is None else start,
        "blank": blank,
        "durations": tuple(getattr(config, "durations", None) or ()),
        "most_of_a_frame": getattr(config, "max_symbols_per_step", None),
        "most_tokens": most_tokens,
    }
    try:
        return Transduction.within(told, highest=config.vocab_size - 1, most=most_tokens)
    except FileError as error:
        raise CaptureError(f"config of a transducer: {error}") from error


def _refuse_what_is_not_followed(generation: Any) -> None:
    for name, neutral in _NEUTRAL.items():
        if (value := getattr(generation, name, None)) is not None and value not in neutral:
            raise CaptureError(f"generation config: {name} = {value!r}: greedy decoding does not follow it: remove it")


def _start(generation: Any) -> tuple[int, ...]:
    """The first token and those that are forced after it. Whisper's are language, task and no marks of time, as its
    `generate` finds them; the language is not guessed from the audio.
    """
    start = getattr(generation, "decoder_start_token_id", None)
    if start is None:
        return ()
    languages, tasks = (getattr(generation, name, None) or {} for name in ("lang_to_id", "task_to_id"))
    named, task = getattr(generation, "language", None), getattr(generation, "task", None)
    found: list[int | None] = [start]
    if named is None and task is None:
        found += [token for _, token in sorted(getattr(generation, "forced_decoder_ids", None) or [])]
    if languages and named is None and (len(found) < 2 or found[1] is None):
        raise CaptureError(
            'generation config: expected language, such as "en", for a model of several languages, got none: add '
            '"language" to generation_config.json'
        )
    if named is not None:
        found += [_named(languages, f"<|{str(named).strip('<|>')}|>", "language")]
        found += [_named(tasks, task or "transcribe", "task")] if tasks else []
    elif task is not None:
        found += [_named(tasks, task, "task")]
    if (bos := getattr(generation, "forced_bos_token_id", None)) is not None:
        found.append(bos)
    silent = getattr(generation, "no_timestamps_token_id", None)
    if silent is not None and found[-1] != silent:
        found.append(silent)
    return tuple(int(token) for token in found if token is not None)


def _named(ids: dict[str, int], name: str, what: str) -> int:
    if name not in ids:
        raise CaptureError(f"generation config: expected {what} one of {sorted(ids)[:20]}, got {name!r}")
    return ids[name]


def _tokens(generation: Any, name: str) -> tuple[int, ...]:
    found = getattr(generation, name, None)
    given: Iterable[int] = () if found is None else (found,) if isinstance(found, int) else found
    return tuple(sorted({int(token) for token in given}))
