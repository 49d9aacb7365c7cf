"""What is particular to one architecture: the Conformer, loaders of checkpoints."""

from earnest.models.checkpoint import FloatModel, load, save

__all__ = ["FloatModel", "load", "save"]
