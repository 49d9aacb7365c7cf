"""Modules that read tokens: the whole way, token by token, and what is refused."""

import pytest
import torch
from tests.swapping.modules import FEATURES
from torch import Tensor, nn
from torch.nn import functional

from earnest.calibration.calibrate import calibrate
from earnest.errors import CaptureError, ProgramError, SwapError
from earnest.integer.dimension import TOKENS
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify
from earnest.integer.sequence.token_by_token import token_by_token
from earnest.nn.comparison import differences, first_difference, program_inputs
from earnest.nn.lowering import lower
from earnest.nn.model import TwinModel
from earnest.runtime.decoding.decoder import Decoder
from earnest.runtime.decoding.greedy import forced
from earnest.runtime.reference import ReferenceBackend
from earnest.swapping.swap import swap

CLASSES, WIDTH, MOST = 23, 16, 30


class Speller(nn.Module):
    """Tokens look at earlier ones and at the audio. `mask` is how the later ones are hidden, `spoilt` what is
    wrong.
    """

    def __init__(self, mask: str = "flag", spoilt: str = "") -> None:
        super().__init__()
        self.mask, self.spoilt = mask, spoilt
        self.listen, self.rows = nn.Linear(FEATURES, WIDTH), nn.Embedding(CLASSES, WIDTH)
        self.places = nn.Embedding(MOST, WIDTH)
        self.own, self.keys, self.head = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(WIDTH, 5)

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        heard = self.listen(features)
        steps = torch.arange(tokens.shape[1])
        if self.spoilt == "padding":
            steps = torch.cumsum((tokens != 4).int(), dim=1) - 1
        x = self.rows(tokens + 1 if self.spoilt == "shifted" else tokens) + self.places(steps)
        if self.spoilt == "numbers":
            x = x + tokens[..., None].float()
        query, key, value = self.own(x).chunk(3, dim=-1)
        x = x + self.attend(query, key, value, steps)
        key, value = self.keys(heard).chunk(2, dim=-1)
        return self.head(x + functional.scaled_dot_product_attention(x, key, value))

    def attend(self, query: Tensor, key: Tensor, value: Tensor, steps: Tensor) -> Tensor:
        if self.mask == "flag":
            return functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        later = torch.where(steps[None, :] > steps[:, None], torch.finfo(torch.float32).min, 0.0)
        scores = query @ key.transpose(1, 2) * WIDTH**-0.5
        return torch.softmax(scores if self.mask == "none" else scores + later, dim=-1) @ value


def pairs(*sizes: tuple[int, int], padding: int = 4) -> list[tuple[Tensor, Tensor]]:
    """Features and tokens, none of them padding."""
    generator = torch.Generator().manual_seed(sum(map(sum, sizes)))
    return [
        (
            torch.randn(1, time, FEATURES, generator=generator),
            torch.randint(padding + 1, CLASSES, (1, count), generator=generator),
        )
        for time, count in sizes
    ]


def swapped(model: nn.Module, target: str = "int8x16") -> TwinModel:
    """Calibrated twins."""
    torch.manual_seed(0)
    twin = swap(model.eval(), "w8a8", target, features=FEATURES, longest=200, most_tokens=MOST)
    return calibrate(twin, pairs((60, 20), (41, MOST)))


@pytest.mark.parametrize("target", ["int8x16", "int8"])
@pytest.mark.parametrize("model", [Speller(), Speller("added"), Speller(spoilt="padding")])
def test_the_whole_way(model: nn.Module, target: str) -> None:
    twin = swapped(model, target)
    program = lower(twin, {})
    verify(program, load_target(target))
    assert [spec.name for spec in program.inputs] == ["input", TOKENS]
    assert (program.inputs[1].shortest, program.inputs[1].longest, program.inputs[1].high) == (1, MOST, CLASSES - 1)
    backend, decoder = ReferenceBackend(program, exact=True), Decoder(program)
    for inputs in pairs((33, 1), (64, 9), (5, MOST)):
        found = differences(twin, backend.run, inputs)
        assert len(found) == len(program.steps)
        assert first_difference(found) is None
        codes, tokens = program_inputs(twin, inputs)
        assert (forced(decoder, codes, tokens[0].tolist()) == backend.run(codes, tokens)[0]).all()


def test_one_softmax_is_masked_and_the_other_sees_all() -> None:
    for mask in ("flag", "added"):
        twin = swapped(Speller(mask))
        assert [twin.twin(call.name).masked for call in twin.calls if twin.twin(call.name).kind == "softmax"] == [
            True,
            False,
        ]


def test_attention_to_later_tokens_runs_as_a_whole_and_not_one_by_one() -> None:
    program = lower(swapped(Speller("none")), {})
    verify(program, load_target("int8x16"))
    with pytest.raises(ProgramError, match="goes over the tokens"):
        token_by_token(program)


def test_rows_of_something_else_are_refused() -> None:
    with pytest.raises(CaptureError, match="reads rows that are not those of the tokens"):
        swapped(Speller(spoilt="shifted"))


def test_tokens_are_no_numbers() -> None:
    with pytest.raises((CaptureError, SwapError), match="expected tokens that embeddings read, and nothing else"):
        swapped(Speller(spoilt="numbers"))


def test_as_many_tokens_as_are_proved() -> None:
    twin = swapped(Speller())
    ((features, tokens),) = pairs((20, MOST + 1))
    with pytest.raises(ProgramError, match=f"expected 1 to {MOST} tokens, got {MOST + 1}"):
        twin.codes((features, tokens))
    with pytest.raises(ProgramError, match="expected features and tokens"):
        twin.codes(features)
    with pytest.raises(ProgramError, match=f"tokens: expected 1 to {MOST} tokens, got {MOST + 1}: too long"):
        ReferenceBackend(lower(twin, {})).run(*program_inputs_of(twin, features, tokens))


def program_inputs_of(twin: TwinModel, features: Tensor, tokens: Tensor) -> tuple:
    """Codes of any length."""
    return twin.encode(features).numpy().astype("int8"), tokens.numpy().astype("uint16")


def test_inputs_of_a_model_without_tokens() -> None:
    twin = swap(nn.Sequential(nn.Linear(FEATURES, 5)).eval(), "w8a8", "int8x16", features=FEATURES, longest=20)
    with pytest.raises(ProgramError, match=r"expected features$"):
        twin.codes(pairs((9, 3))[0])
