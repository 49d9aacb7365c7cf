"""Weight codes: what linear, convolution and embedding have in common.

    w[o, k] = c[o, k] * g[o, floor(k / weight_group)]

with codes c and a multiplier g for each group of consecutive weights of a row (E10).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from earnest.integer.codes import WEIGHT_HIGH, WEIGHT_MAPS, weight_limit
from earnest.integer.fixed_point import widen
from earnest.integer.law.operator import Operator, Proof, choice_field, constant

Array = Any

SMALLEST_GROUP = 8
"""Weights that share a multiplier, unless their row has fewer: with less, multipliers would hold what codes should."""


def grouped_product(codes: Array, multiplier: Array, group: int) -> Array:
    """Codes [out, ...] times the multipliers [out, groups] of the groups of each row, int64."""
    xp = array_namespace(codes, multiplier)
    rows = xp.reshape(widen(codes), (codes.shape[0], -1))
    places = xp.arange(rows.shape[1], device=codes.device) // group
    return xp.reshape(rows * xp.take(widen(multiplier), places, axis=1), codes.shape)


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightCodes(Operator):
    """An operator that holds weight codes, and a multiplier per group of them."""

    weight: Array = constant("weight_bits", weight_map="weight_map", tensor=True, role="weights")
    group_multiplier: Array = constant(7, signed=False, role="group_multipliers")
    weight_bits: int
    weight_map: str = choice_field(*WEIGHT_MAPS)
    weight_group: int

    @cached_property
    def factors(self) -> Array:
        """w, in the shape of the codes: int8 (|w| <= 127)."""
        product = grouped_product(self.weight, self.group_multiplier, self.weight_group)
        xp = array_namespace(product)
        return xp.astype(product, xp.int8)

    def for_engine(self) -> Operator:
        """Weights whose groups have multipliers as their products, in 8 bits."""
        if bool((self.group_multiplier == 1).all()):
            return self
        ones = np.ones_like(self.group_multiplier)
        return replace(self, weight=self.factors, weight_bits=8, weight_map="symmetric", group_multiplier=ones)

    def over_groups(self, reduce: Any) -> Array:
        """The sizes of the codes of each group, reduced by a function such as `np.add`, times its multiplier."""
        sizes = np.abs(np.asarray(self.weight).astype(np.int16)).reshape(self.weight.shape[0], -1)
        starts = np.arange(0, sizes.shape[1], self.weight_group)
        return reduce.reduceat(sizes, starts, axis=1, dtype=np.int64) * np.asarray(self.group_multiplier)

    def check_codes(self, proof: Proof) -> None:
        """Weight codes of the map, and groups whose weights fit int8."""
        limit = weight_limit(self.weight_bits, self.weight_map)
        largest = max(-int(self.weight.min()), int(self.weight.max()))
        proof.require(largest <= limit, f"expected weight codes up to {limit}, got {largest}")
        odd = self.weight_map != "odd" or bool((self.weight & 1 == 1).all())
        proof.require(odd, "expected odd weight codes only")
        channels, depth = self.weight.shape[0], prod(self.weight.shape[1:])
        size, multiplier = self.weight_group, self.group_multiplier
        proof.require(
            min(depth, SMALLEST_GROUP) <= size <= depth,
            f"expected groups of {SMALLEST_GROUP} weights or more, or a whole row of {depth}, got {size}",
        )
        shape = (channels, -(-depth // size))
        proof.require(multiplier.shape == shape, f"expected group multipliers of shape {shape}, got {multiplier.shape}")
        proof.require(int(multiplier.min()) >= 1, "expected group multipliers of 1 or more, got 0")
        greatest = self.over_groups(np.maximum).max()
        proof.require(
            greatest <= WEIGHT_HIGH, f"expected codes times group multipliers up to {WEIGHT_HIGH}, got {greatest}"
        )
