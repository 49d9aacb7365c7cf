"""Everything in the zoo."""

from tests.judge.zoo import evaluation, libraries, norms, onnx_file, program, recurrent, replay, running
from tests.judge.zoo.cheat import Cheat, Honest

HOUSES = (program, norms, recurrent, replay, running, onnx_file, evaluation)
CHEATS: tuple[Cheat, ...] = tuple(cheat for house in (*HOUSES, libraries) for cheat in house.CHEATS)
HONEST: tuple[Honest, ...] = tuple(honest for house in HOUSES for honest in house.HONEST)
