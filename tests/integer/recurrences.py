"""Small recurrences, for tests of what is proved of them."""

from typing import Any

import numpy as np
from tests.integer.cases_recurrent import constants

from earnest.integer.law.recurrence import Recurrence

OUTPUT = {"output_multiplier": 65011, "output_shift": 39}


def recurrence(kind: type[Recurrence], units: int = 2, **changes: Any) -> Recurrence:
    weight = np.full((kind.gates * units, units), 127)
    return kind(**constants(weight, **(OUTPUT | changes)))
