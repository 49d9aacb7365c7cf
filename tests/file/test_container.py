"""The container: what stands before the tensors is told without them, as the safetensors library writes it."""

import numpy as np
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from earnest.file.container import KEY, TYPES, head, read, write

NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=6).filter(lambda name: name != "__metadata__")
TENSORS = st.dictionaries(
    NAMES, st.tuples(st.sampled_from(sorted(TYPES.values())), st.lists(st.integers(1, 3), max_size=3)), max_size=6
)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(TENSORS, TEXT)
@settings(max_examples=200)
def test_head_is_that_of_the_library(kinds, text):
    """Names and text of any letters, every type, in any order of tensors."""
    tensors = {name: np.ones(shape, dtype=kind) for name, (kind, shape) in kinds.items()}
    data = write(tensors, text)
    assert data == safetensors.numpy.save(tensors, metadata={KEY: text})
    before = head(dict(reversed(tensors.items())), text)
    assert data.startswith(before)
    assert len(data) == len(before) + sum(tensor.nbytes for tensor in tensors.values())
    again, opened = read(data)
    assert again == text
    assert head(opened, again) == before
