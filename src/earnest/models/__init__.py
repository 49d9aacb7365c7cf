"""What is particular to one architecture: the Conformer, loaders of checkpoints."""

from earnest.models.checkpoint import load, save
from earnest.models.float_model import FloatModel

__all__ = ["FloatModel", "load", "save"]
