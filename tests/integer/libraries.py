"""The array libraries in which primitives are tried."""

import numpy as np
import pytest
import torch

LIBRARIES = pytest.mark.parametrize("library", [np.asarray, torch.tensor], ids=["numpy", "torch"])
