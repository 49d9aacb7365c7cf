"""earnest makes a transformer speech recogniser run on integers only, and proves that it does.

    model = earnest.models.load("stt_en_conformer_ctc_small")
    quantized = earnest.quantize(model, "w8a8", "int8x16", recordings, name="stt_en_conformer_ctc_small")
    earnest.save(quantized.program, "w8a8.earnest")
    print(earnest.Recognizer("w8a8.earnest").transcribe("a.flac").text)

Each name is loaded when it is first asked for: `import earnest` brings no torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from earnest import models
    from earnest.calibration.calibrate import calibrate
    from earnest.errors import EarnestError
    from earnest.file import load, save
    from earnest.integer.program.verifier import verify
    from earnest.judge.audit import audit
    from earnest.nn.lowering import lower
    from earnest.pipeline import quantize
    from earnest.runtime.recognizer import Recognizer
    from earnest.swapping.swap import swap

    __version__: str

__all__ = [
    "EarnestError",
    "Recognizer",
    "__version__",
    "audit",
    "calibrate",
    "load",
    "lower",
    "models",
    "quantize",
    "save",
    "swap",
    "verify",
]

_PLACES = {
    "EarnestError": "earnest.errors",
    "Recognizer": "earnest.runtime.recognizer",
    "audit": "earnest.judge.audit",
    "calibrate": "earnest.calibration.calibrate",
    "load": "earnest.file",
    "lower": "earnest.nn.lowering",
    "quantize": "earnest.pipeline",
    "save": "earnest.file",
    "swap": "earnest.swapping.swap",
    "verify": "earnest.integer.program.verifier",
}


def __getattr__(name: str) -> Any:
    if name == "models":
        found = importlib.import_module("earnest.models")
    elif name == "__version__":
        found = importlib.import_module("importlib.metadata").version("earnest")
    elif name in _PLACES:
        found = getattr(importlib.import_module(_PLACES[name]), name)
    else:
        raise AttributeError(f"module 'earnest' has no attribute {name!r}; it has {sorted(__all__)}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
