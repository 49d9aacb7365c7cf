"""The edge on which codes are moved."""

from tests.nn.specimen import edge

X = edge(8, scale=0.25, zero_point=-7)
