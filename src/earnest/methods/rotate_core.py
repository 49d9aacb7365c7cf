"""Hadamard matrices: entries 1 and -1, rows orthogonal, so that H / sqrt(n) spreads each channel over all of them.

    q = 3 mod 4:  H = I + S,  S = [[0, 1], [-1, Q]]                         order q + 1       [Paley 1933, lemma 2]
    q = 1 mod 4:  H = S (x) [[1, 1], [1, -1]] + I (x) [[1, -1], [-1, -1]],  S = [[0, 1], [1, Q]]     order 2 (q + 1)
    H_a (x) H_b of two of them is one of order a b                                                  [Sylvester 1867]

with Q_ij = chi(i - j), chi the quadratic character modulo the prime q. Up to 128 that leaves out 52, 92, 100 and 116,
and what is no multiple of 4: there the rotation is a block diagonal of the largest that fit, 52 = 48 + 4, 6 = 4 + 2.
Weights rotated so have fewer extremes [Ashkboos et al. 2024, QuaRot, arXiv:2404.00456, sec. 3].
"""

from functools import cache

import torch
from torch import Tensor


def rotation(size: int) -> Tensor:
    """An orthogonal matrix of a size, float64: one Hadamard matrix over its root, or blocks of them."""
    blocks = []
    while size:
        order = next(order for order in range(size, 0, -1) if hadamard(order) is not None)
        found = hadamard(order)
        assert found is not None
        blocks.append(found.double() / order**0.5)
        size -= order
    return torch.block_diag(*blocks)


@cache
def hadamard(order: int) -> Tensor | None:
    """A Hadamard matrix, int64, or None where neither construction gives one."""
    if order == 1:
        return torch.ones(1, 1, dtype=torch.int64)
    if order == 2:
        return torch.tensor([[1, 1], [1, -1]])
    if order % 4:
        return None
    if _is_prime(order - 1):
        return torch.eye(order, dtype=torch.int64) + _conference(order - 1)
    if order % 8 == 4 and _is_prime(order // 2 - 1):
        conference, eye = _conference(order // 2 - 1), torch.eye(order // 2, dtype=torch.int64)
        return torch.kron(conference, torch.tensor([[1, 1], [1, -1]])) + torch.kron(
            eye, torch.tensor([[1, -1], [-1, -1]])
        )
    for factor in range(2, int(order**0.5) + 1):
        if order % factor == 0:
            left, right = hadamard(factor), hadamard(order // factor)
            if left is not None and right is not None:
                return torch.kron(left, right)
    return None


def _conference(q: int) -> Tensor:
    """S, order q + 1: skew where q is 3 mod 4, symmetric where it is 1."""
    squares = {i * i % q for i in range(1, q)}
    character = torch.tensor([0, *(1 if i in squares else -1 for i in range(1, q))])
    places = torch.arange(q)
    found = torch.zeros(q + 1, q + 1, dtype=torch.int64)
    found[0, 1:], found[1:, 0] = 1, -1 if q % 4 == 3 else 1
    found[1:, 1:] = character[(places[:, None] - places[None, :]) % q]
    return found


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
