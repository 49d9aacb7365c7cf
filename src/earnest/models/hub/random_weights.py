"""Models with random weights, for tests: their words mean nothing."""

from pathlib import Path

import torch
from torch import Tensor

from earnest.models.checkpoint import conformer_model
from earnest.models.conformer.config import ConformerConfig
from earnest.models.conformer.conformer import Conformer
from earnest.models.float_model import FloatModel
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL
from earnest.runtime.text import UNKNOWN, WORD_START, Tokens


def random_conformer(seed: int, config: ConformerConfig) -> Conformer:
    """A Conformer in evaluation mode with weights that mean nothing, the same ones for the same seed and config.

    Normal weights of variance 1/fan-in keep every activation of the order of 1; biases, norms and the statistics of
    batch norm are not trivial, so that a folding or a sign that is wrong shows.
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(like: Tensor, mean: float, deviation: float) -> Tensor:
        return mean + deviation * torch.randn(like.shape, generator=generator)

    model = Conformer(config).eval()
    state = model.state_dict()
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        if name.endswith("running_var"):
            state[name] = normal(tensor, 0.0, 0.3).exp()
        elif tensor.dim() == 1 and name.endswith(".weight"):
            state[name] = normal(tensor, 1.0, 0.2)
        elif tensor.dim() == 1 or "pos_bias" in name:
            state[name] = normal(tensor, 0.0, 0.2)
        else:
            state[name] = normal(tensor, 0.0, tensor[0].numel() ** -0.5)
    model.load_state_dict(state)
    return model


def random_model(seed: int, config: ConformerConfig) -> FloatModel:
    """A random Conformer with pieces of one to four letters and NeMo's front end; config.features has to be its 80."""
    letters = "etaoinshrdlucmfwygpbvkxqjz"
    pieces = [UNKNOWN]
    for index in range(config.classes - 2):
        rest, word = index // 2, letters[index // 2 % 26]
        while rest := rest // 26:
            word += letters[rest % 26]
        pieces.append(WORD_START + word if index % 2 else word)
    tokens = Tokens(pieces=(*pieces, "<blk>"))
    module = random_conformer(seed, config)
    return conformer_model(module, tokens, NEMO_LOG_MEL, Path(f"random weights, seed {seed}"))
