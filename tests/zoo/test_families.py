"""Every family is one record, from which its inputs and what it declares follow."""

import pytest
from torch import Tensor

from earnest.models.recognition.recognition import TokenRecognition
from earnest.zoo.families import FAMILIES
from earnest.zoo.family import LONGEST_FRAMES, LONGEST_SAMPLES, SPECIAL_TOKENS, TOKENS, Family


def test_there_are_as_many_as_the_documents_count() -> None:
    assert len(FAMILIES) == 28
    assert all(name == family.name for name, family in FAMILIES.items())


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_a_record_agrees_with_itself(family: Family) -> None:
    reads_tokens = family.recognition is not None and issubclass(family.recognition, TokenRecognition)
    assert (family.most_tokens is not None) == reads_tokens
    assert (family.recognition is None) == (family.part == "encoder")
    if family.front_end is not None:
        assert family.front_end.features == family.features
        assert family.front_end.only_frames == family.frames


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_inputs_are_what_the_record_says(family: Family) -> None:
    (inputs,) = family.inputs((80,), 0)
    if family.most_tokens is None:
        assert isinstance(inputs, Tensor)
        features = inputs
    else:
        features, tokens = inputs
        assert tokens.shape == (1, 10)
        assert SPECIAL_TOKENS <= int(tokens.min()) <= int(tokens.max()) < TOKENS
    time = family.frames or 80
    assert features.shape == ((1, 40 * time) if family.features is None else (1, time, family.features))
    assert family.longest == (family.frames or (LONGEST_SAMPLES if family.features is None else LONGEST_FRAMES))
