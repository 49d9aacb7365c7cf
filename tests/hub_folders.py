"""Folders of `transformers` with a decoder, as `save_pretrained` writes them: tiny random models with a fixed seed,
their feature extractor, a tokenizer written here, and a generation config. Nothing comes from a network.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

SEED = 0
WHISPER_SECONDS = 2
_WIDTHS = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "init_std": 0.2,
}
_WHISPER_SPECIAL = ["<|startoftranscript|>", "<|en|>", "<|de|>", "<|transcribe|>", "<|translate|>", "<|notimestamps|>"]


def byte_level_tokenizer() -> Any:
    """Whisper's: a piece for each byte, some longer ones, special tokens and marks of time."""
    import transformers
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [*letters, "Ġth", "Ġthe", "ing", "Ã¤", "Ġ,", "é", "âĤ¬"]
    tokenizer = transformers.WhisperTokenizer(vocab={piece: index for index, piece in enumerate(pieces)}, merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": _WHISPER_SPECIAL})
    marks = [transformers.AddedToken(f"<|{index / 50:.2f}|>", special=False) for index in range(4)]
    tokenizer.add_tokens(marks)
    return tokenizer


def whisper(folder: Path) -> Path:
    """A Whisper of several languages that hears 2 s, told to write English."""
    import transformers

    tokenizer = byte_level_tokenizer()
    extractor = transformers.WhisperFeatureExtractor(feature_size=16, chunk_length=WHISPER_SECONDS)
    ids = {piece: tokenizer.convert_tokens_to_ids(piece) for piece in _WHISPER_SPECIAL}
    end = tokenizer.eos_token_id
    config = transformers.WhisperConfig(
        **_WIDTHS,
        vocab_size=len(tokenizer) + 3,  # more rows than tokens, as models of a round size have them
        num_mel_bins=16,
        max_source_positions=50 * WHISPER_SECONDS,
        max_target_positions=24,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        begin_suppress_tokens=None,
    )
    model = _random(transformers.WhisperForConditionalGeneration, config)
    model.generation_config = transformers.GenerationConfig(
        decoder_start_token_id=ids["<|startoftranscript|>"],
        eos_token_id=[end, 79],
        pad_token_id=end,
        lang_to_id={name: ids[name] for name in ("<|en|>", "<|de|>")},
        task_to_id={name: ids[f"<|{name}|>"] for name in ("transcribe", "translate")},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        language="en",
        task="transcribe",
        is_multilingual=True,
        return_timestamps=False,
        suppress_tokens=[*ids.values(), 40, 41],
        begin_suppress_tokens=[5, end],
        max_length=24,
    )
    return _written(folder, model, transformers.WhisperProcessor(extractor, tokenizer))


def byte_fallback_tokenizer() -> Any:
    """Moonshine's: words by SentencePiece's mark, and a piece for each byte."""
    import transformers
    from tokenizers import Tokenizer, decoders, models

    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    special = ["<unk>", "<s>", "</s>"]
    pieces = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *letters, "▁the", "▁▁", "ing", "é", "中"]
    bare = Tokenizer(
        models.BPE(
            vocab={piece: index for index, piece in enumerate(pieces)},
            merges=[],
            unk_token="<unk>",
            byte_fallback=True,
            fuse_unk=True,
        )
    )
    parts = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    bare.decoder = decoders.Sequence(parts)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=bare, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def moonshine(folder: Path) -> Path:
    """A Moonshine, which hears samples."""
    import transformers

    tokenizer = byte_fallback_tokenizer()
    config = transformers.MoonshineConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        encoder_num_hidden_layers=1,
        decoder_num_hidden_layers=1,
        encoder_num_attention_heads=2,
        decoder_num_attention_heads=2,
        max_position_embeddings=24,
        initializer_range=0.2,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
    )
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=False)
    model = _random(transformers.MoonshineForConditionalGeneration, config)
    model.generation_config.max_length, model.generation_config.eos_token_id = 24, [2, 261]
    return _written(folder, model, transformers.Wav2Vec2Processor(extractor, tokenizer))


def sentencepiece_tokenizer(folder: Path) -> Any:
    """Speech2Text's: its list of pieces beside a model of SentencePiece, written in capitals."""
    import sentencepiece
    import transformers

    chance = random.Random(SEED)
    words = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 6))) for _ in range(300)]
    lines = (" ".join(chance.choices(words, k=8)) for _ in range(400))
    trained = folder / "trained"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_prefix=str(trained), vocab_size=56, minloglevel=2, num_threads=1
    )
    model = sentencepiece.SentencePieceProcessor(model_file=f"{trained}.model")
    pieces = [model.id_to_piece(index) for index in range(3, model.get_piece_size())]
    listed = {piece: index for index, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", *pieces])}
    (folder / "listed.json").write_text(json.dumps(listed))
    return transformers.Speech2TextTokenizer(str(folder / "listed.json"), f"{trained}.model", do_upper_case=True)


def speech2text(folder: Path) -> Path:
    """A Speech2Text, which hears Kaldi's filter banks."""
    import transformers

    sources = folder.with_name(f"{folder.name}-sources")
    sources.mkdir()
    tokenizer = sentencepiece_tokenizer(sources)
    config = transformers.Speech2TextConfig(
        **_WIDTHS,
        vocab_size=len(tokenizer),
        conv_channels=32,
        input_feat_per_channel=16,
        max_source_positions=2000,
        max_target_positions=24,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=2,
    )
    extractor = transformers.Speech2TextFeatureExtractor(feature_size=16, num_mel_bins=16)
    model = _random(transformers.Speech2TextForConditionalGeneration, config)
    model.generation_config = transformers.GenerationConfig(
        decoder_start_token_id=2,
        eos_token_id=2,
        pad_token_id=1,
        suppress_tokens=[54],
        begin_suppress_tokens=[2],
        num_beams=5,
        max_length=24,
    )
    return _written(folder, model, transformers.Speech2TextProcessor(extractor, tokenizer))


def parakeet(folder: Path, *, durations: bool) -> Path:
    """A Parakeet with a transducer, which hears log-mel energies; with durations it says how far it goes on."""
    import transformers

    tokenizer = byte_fallback_tokenizer()
    kind = "TDT" if durations else "RNNT"
    config = getattr(transformers, f"Parakeet{kind}Config")(
        vocab_size=len(tokenizer) + 1,
        blank_token_id=len(tokenizer),
        pad_token_id=0,
        decoder_hidden_size=48,
        num_decoder_layers=1,
        max_symbols_per_step=3,
        decoder_start_token_id=len(tokenizer),
        encoder_config={
            "hidden_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 48,
            "conv_kernel_size": 5,
            "num_mel_bins": 16,
            "subsampling_conv_channels": 8,
            "initializer_range": 0.2,
        },
    )
    model = _random(getattr(transformers, f"ParakeetFor{kind}"), config)
    with torch.no_grad():
        model.decoder.decoder_projector.weight.mul_(16)
    model.generation_config.decoder_start_token_id = len(tokenizer)
    extractor = transformers.ParakeetFeatureExtractor(feature_size=16)
    return _written(folder, model, transformers.ParakeetProcessor(extractor, tokenizer))


TRANSDUCERS: dict[str, Callable[[Path], Path]] = {
    "parakeet-rnnt": lambda folder: parakeet(folder, durations=False),
    "parakeet-tdt": lambda folder: parakeet(folder, durations=True),
}
FOLDERS: dict[str, Callable[[Path], Path]] = {"whisper": whisper, "moonshine": moonshine, "speech2text": speech2text}


def _random(kind: Any, config: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return kind(config).eval()


def _written(folder: Path, model: Any, processor: Any) -> Path:
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
