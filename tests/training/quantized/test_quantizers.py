"""Quantizers stay within the law: multipliers between their bounds, edges no finer than what reads them bears."""

import copy
from dataclasses import replace

import numpy as np
import torch
from tests.training.tiny_latents import rounded

from earnest.integer.codes import weight_limit
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.methods.gptq import own_weights
from earnest.nn.lowering import lower
from earnest.numerics.weight import largest_multiplier
from earnest.training.quantized.latents import Latents
from earnest.training.quantized.quantizers import rounded_edges


def test_an_edge_is_not_made_finer_than_its_readers_can_bear() -> None:
    model, _real = rounded(4)
    latents = Latents([model])
    least = [edge.grid.scale for edge in rounded_edges(model)]
    for edge in rounded_edges(model):
        edge.require_scale_(edge.grid.scale)
    with torch.no_grad():
        latents.quantizer(0).edges.fill_(-3.0)
    latents.write_([model], 0)
    assert all(edge.grid.scale >= scale for edge, scale in zip(rounded_edges(model), least, strict=True))


def test_a_zero_point_is_learnt_within_the_codes_and_where_it_is_free() -> None:
    model, _ = rounded(4)
    pinned = rounded_edges(model)[1]
    pinned.symmetric = True
    pinned.set_(replace(pinned.grid, zero_point=0))
    before = [edge.grid.zero_point for edge in rounded_edges(model)]
    for shift, in_codes in ((0.0, 0), (0.04, 0.04), (-9.0, -9.0)):
        latents = Latents([model])
        with torch.no_grad():
            latents.quantizer(0).edge_zeros.fill_(shift)
        written = copy.deepcopy(model)
        latents.write_([written], 0)
        found = [edge.grid.zero_point for edge in rounded_edges(written)]
        for edge, old, new in zip(rounded_edges(model), before, found, strict=True):
            low, high = edge.codes
            moved = int(np.clip(np.floor(old + in_codes * 2**edge.bits + 0.5), low, high))
            assert new == (0 if edge.symmetric else moved)
        verify(lower(written, {}), load_target("int8x16"))


def test_a_zero_point_that_is_pinned_has_no_gradient() -> None:
    model, _ = rounded(4)
    edge = rounded_edges(model)[1]
    edge.symmetric = True
    quantizer = Latents([model]).quantizer(0)
    quantizer.zero_points().sum().backward()
    assert quantizer.edge_zeros.grad is not None
    assert [number for number, one in enumerate(quantizer.edge_zeros.grad.tolist()) if one == 0] == [1]


def test_a_multiplier_is_learnt_and_stays_within_its_bounds() -> None:
    model, _ = rounded(4)
    latents = Latents([model])
    before = [twin.group_multiplier.clone() for twin in own_weights(model)]
    with torch.no_grad():
        for number, reach in latents.quantizer(0).group_reaches.items():
            reach.fill_(np.log(2.0) if int(number) % 2 else -9.0)
    latents.write_([model], 0)
    for number, (twin, old) in enumerate(zip(own_weights(model), before, strict=True)):
        most = largest_multiplier(twin.weight_bits, twin.weight_map)
        expected = (2 * old.int()).clamp(max=most) if number % 2 else torch.ones_like(old)
        assert torch.equal(twin.group_multiplier, expected.to(torch.uint8))
    verify(lower(model, {}), load_target("int8x16"))


def test_each_weight_has_the_step_that_the_law_gives_it() -> None:
    model, _ = rounded(4)
    quantizer = Latents([model]).quantizer(0)
    for number, twin in enumerate(own_weights(model)):
        one = torch.full(twin.weight.shape, 1 / weight_limit(4, twin.weight_map))
        np.testing.assert_allclose(quantizer.weight(number, one).detach().double(), twin.steps(), rtol=2**-22)


def test_multipliers_that_can_only_be_1_are_not_learnt() -> None:
    narrow, wide = (Latents([rounded(bits)[0]]).quantizer(0) for bits in (4, 8))
    assert len(narrow.group_reaches) > 0
    assert len(wide.group_reaches) == 0
