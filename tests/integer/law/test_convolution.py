"""What is proved of a convolution beyond its sums: the padding."""

from tests.integer.cases import CASES
from tests.integer.verifying import new_proof

from earnest.integer.codes import Domain
from earnest.integer.law.conv1d import Convolution1d
from earnest.integer.law.pad import Pad


def narrow_domain(shape: tuple[int, ...]) -> Domain:
    return Domain(bits=8, signed=True, shape=shape, low=0, high=1)


def test_padding_enters_the_proof():
    """The zero point may lie outside of what was known of the operand."""
    case = next(case for case in CASES["conv1d"] if case.name == "one-sided, padded with the lowest code")
    assert isinstance(case.operator, Convolution1d)
    proof = new_proof()
    case.operator.infer([narrow_domain(case.domains[0].shape)], proof)
    assert proof.widest["y:accumulator"] == 15 * 127 * 128
    padded = Pad(before=(0,), after=(1,), zero_point=-128).infer([narrow_domain((3,))], new_proof())
    assert (padded.low, padded.high) == (-128, 1)
