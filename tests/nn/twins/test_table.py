"""The form of a function is that of the width that it reads."""

from tests.nn.specimen import edge

from earnest.nn.site import Site
from earnest.nn.twins.table import Function, InterpolatedTable, Table
from earnest.numerics.table import Pointwise


def test_a_table_of_every_code_or_one_with_interpolation() -> None:
    for bits, form in ((4, Table), (8, Table), (16, InterpolatedTable)):
        site = Site(
            operands=[edge(bits)],
            output=edge(8),
            parameters={},
            settings={"function": Pointwise("silu")},
            weights={},
            gate_bits=16,
        )
        twin = Function.at(site)
        assert type(twin) is form
        assert len(twin.law().table) == (2**bits if form is Table else 513)
