"""Look-up: what tables of every code share."""

from typing import Any

from array_api_compat import array_namespace

from earnest.integer.codes import Domain
from earnest.integer.law.operator import Proof

Array = Any


def look_up(table: Array, index: Array) -> Array:
    """table[index], element by element."""
    xp = array_namespace(index)
    return xp.reshape(xp.take(table, xp.reshape(index, (-1,)), axis=0), index.shape)


def check_entries(table: Array, input_bits: int, what: str, proof: Proof) -> None:
    """One entry for each code of an operand of 1 to 8 bits."""
    proof.require(1 <= input_bits <= 8, f"expected an input of 1 to 8 bits, got {input_bits}")
    proof.require(table.shape == (1 << input_bits,), f"expected {1 << input_bits} {what}, got {table.shape}")


def check_operand(x: Domain, bits: int, signed: bool, proof: Proof) -> None:
    """The operand has the codes that the table is made for."""
    if x.bits != bits or x.signed != signed:
        proof.refuse(f"expected an input of {bits} bits, signed {signed}, got {x.bits}, {x.signed}")
