"""What convolutions share: geometry goes into the law as it is, and depthwise ones are known."""

import pytest
from tests.nn.specimen import edge, parameter

from earnest.nn.twins.conv1d import Convolution1d
from earnest.nn.twins.conv2d import Convolution2d

SETTINGS = {"weight_bits": 8, "weight_map": "symmetric", "weight_range": "extremes", "weight_group": 0}


@pytest.mark.parametrize(
    ("twin", "shape", "strides", "padding", "dilations", "groups"),
    [
        (Convolution1d, (4, 2, 3), (2,), (1,), (3,), 2),
        (Convolution2d, (4, 1, 3, 2), (2, 1), (0, 1), (1, 2), 4),
    ],
)
def test_the_law_has_the_geometry_and_the_zero_point(
    twin: type[Convolution1d], shape: tuple[int, ...], strides: object, padding: object, dilations: object, groups: int
) -> None:
    geometry = {"strides": strides, "padding": padding, "dilations": dilations, "groups": groups}
    made = twin([edge(8, zero_point=-7)], edge(8), weight=parameter(*shape), bias=None, **geometry, **SETTINGS)
    law = made.law()
    assert {name: getattr(law, name) for name in geometry} == geometry
    assert law.input_zero_point == -7
    assert made.depthwise == (groups == 4)
    assert f"groups {groups}" in made.extra_repr()
