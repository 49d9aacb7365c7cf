"""Rows of the kinds "training" and "training-step"."""

from typing import Any

TRAINING: dict[str, Any] = {
    "kind": "training",
    "name": "tiny",
    "command": "earnest train",
    "git": None,
    "versions": {},
    "parameters": 12345,
    "utterances": 99,
    "hours": 1.25,
    "step": 70,
    "hours_heard": 9.6,
    "seconds": 330.0,
    "validation": [
        {"step": 60, "data": "dev-known", "wer": 12.346, "words": 50, "utterances": 5},
        {"step": 60, "data": "dev-unseen", "wer": 22.4, "errors": 9, "words": 40, "utterances": 4},
    ],
}

STEP: dict[str, Any] = {
    "kind": "training-step",
    "model": "tiny",
    "command": "python benchmarks/training_step.py",
    "git": None,
    "versions": {},
    "recipe": "w4a8-fine",
    "seconds_of_audio": 12,
    "repeats": 7,
    "cpu": "a processor",
    "ratios": {"quantized": 1.654},
    "processor_seconds": {"float": 1.234, "quantized": 2.041},
}
