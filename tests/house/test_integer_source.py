"""The source of the law holds no float; each way to smuggle one in is refused, and honest code is not."""

from pathlib import Path

import pytest

from integer_source import is_float_string, main, scan, scan_folder

REFUSED = {
    "float literal": "x = 0.5",
    "exponent literal": "x = 1e3",
    "imaginary literal": "x = 2j",
    "division": "def f(a, b): return a / b",
    "division in place": "def f(a, b):\n    a /= b",
    "division by operator": "import operator\nx = operator.truediv(1, 2)",
    "division by name": "from operator import truediv",
    "division by method": "def f(a, b): return int.__truediv__(a, b)",
    "array division": "import numpy as np\ndef f(a): return np.divide(a, 2)",
    "negative power": "def f(a): return a ** -1",
    "unknown power": "def f(a, b): return a ** b",
    "power in place": "def f(a, b):\n    a **= b",
    "pow": "x = pow(2, -1)",
    "round": "def f(a): return round(a)",
    "float()": "x = float('1')",
    "complex()": "x = complex(1)",
    "float annotation": "def f(a: float): return a",
    "astype float": "def f(a): return a.astype(float)",
    "astype string": "def f(a): return a.astype('f4')",
    "astype long string": "def f(a): return a.astype('float32')",
    "astype letter": "def f(a): return a.astype('d')",
    "astype big-endian": "def f(a): return a.astype('>f8')",
    "astype built string": "def f(a): return a.astype('flo' + 'at32')",
    "astype formatted string": "def f(a, n): return a.astype(f'float{n}')",
    "astype stored string": "s = 'flo' + 'at32'\ndef f(a): return a.astype(s)",
    "astype number": "def f(a): return a.astype(dtype=None)",
    "astype of the namespace": "def f(xp, a): return xp.astype(a, 'flo' + 'at32')",
    "view": "def f(a): return a.view('<f4')",
    "structured type": "import numpy as np\nx = np.dtype('i4,f4')",
    "numpy float32": "import numpy as np\nx = np.float32(1)",
    "numpy half": "import numpy as np\nx = np.half(1)",
    "numpy double": "import numpy as np\nx = np.double",
    "numpy longdouble": "import numpy as np\nx = np.longdouble(1)",
    "numpy float from": "from numpy import float64",
    "numpy under a name": "import numpy as law\nx = law.sqrt(2)",
    "numpy alias": "import numpy as np\nlaw = np\nx = law.anything",
    "uint64": "import numpy as np\nx = np.uint64(1)",
    "uint64 string": "def f(a): return a.astype('u8')",
    "bfloat16": "def f(torch, a): return a.to(torch.bfloat16)",
    "float method": "def f(a): return a.float()",
    "half method": "def f(a): return a.half()",
    "double method": "def f(a): return a.double()",
    "mean": "def f(a): return a.mean()",
    "mean unbound": "import numpy as np\ndef f(a): return np.ndarray.mean(a)",
    "mean of self": "class A:\n    def f(self): return self.mean()",
    "standard deviation": "import numpy as np\ndef f(a): return np.std(a)",
    "default zeros": "import numpy as np\nx = np.zeros(3)",
    "default ones": "from array_api_compat import array_namespace\ndef f(a): return array_namespace(a).ones(3)",
    "zeros under a name": "import numpy as np\nmake = np.zeros\nx = make(3)",
    "zeros from": "from numpy import zeros",
    "frombuffer": "import numpy as np\nx = np.frombuffer(b'12345678')",
    "sqrt": "import numpy as np\ndef f(a): return np.sqrt(a)",
    "sqrt of a namespace": "from array_api_compat import array_namespace\ndef f(a): return array_namespace(a).sqrt(a)",
    "namespace alias": "from array_api_compat import array_namespace as n\ndef f(a): return g(n(a))",
    "namespace passed on": "from array_api_compat import array_namespace\ndef f(a): return g(array_namespace(a))",
    "namespace to another parameter": "def f(xp, a): return g(a, xp)\ndef g(xp, a): return a",
    "exp method": "def f(a): return a.exp()",
    "random": "import numpy as np\nx = np.random.rand(3)",
    "linalg": "import numpy as np\ndef f(a): return np.linalg.norm(a)",
    "math": "import math\nx = math.sqrt(2)",
    "math from": "from math import exp",
    "math pi": "import math\nx = math.pi",
    "math alias": "import math\nm = math\nx = m.anything",
    "getattr": "import numpy as np\nx = getattr(np, 'float' + '32')",
    "getattr by its name": "import numpy as np\nx = getattr(np, 'sqrt')",
    "getattr alias": "g = getattr",
    "dictionary of a module": "import numpy as np\nx = np.__dict__['sqrt']",
    "import call": "x = __import__('math')",
    "importlib": "import importlib\nx = importlib.import_module('math')",
    "eval": "x = eval('1/2')",
    "exec": "exec('x = 1/2')",
    "builtins": "x = __builtins__",
    "torch": "import torch",
    "torch by compat": "from array_api_compat import torch",
    "torch by compat module": "import array_api_compat.torch as xp",
    "scipy": "from scipy import special",
    "struct": "import struct",
    "json": "import json",
    "random module": "from random import random",
    "decimal": "from decimal import Decimal",
    "star": "from numpy import *",
    "relative": "from . import linear",
    "another room": "from earnest.numerics import multiplier",
    "the front door": "import earnest",
    "floats of a file": "import tomllib\nx = tomllib.loads('a = 1.5')",
    "walrus": "import numpy as np\nif (n := np): pass",
}  # fmt: skip

LEGAL = '''"""A docstring may say 0.5, a / b and float32."""
from __future__ import annotations

import operator
from dataclasses import dataclass
from math import isqrt, prod

import numpy as np
from array_api_compat import array_namespace

from earnest.errors import ProgramError
from earnest.integer.fixed_point import clamp

TYPES = {8: np.int8, 16: np.int16, 32: np.int32}


@dataclass(frozen=True)
class Linear:
    weight: np.ndarray
    exp: np.ndarray

    def run(self, x, names):
        xp = array_namespace(x)
        half = 1 << (self.shift - 1)
        sums = xp.matmul(xp.astype(x, xp.int64), self.weight.T) + half
        start = xp.zeros((3, 4), dtype=x.dtype)
        if x.dtype.kind not in "iu":
            raise ProgramError(f"{half}: expected integers, got {x.dtype}")
        fields = [getattr(self, name) for name in names]
        table = np.asarray(self.exp).astype(TYPES[8])
        return helper(xp, clamp(sums >> self.shift, -128, 127) // 2**4, fields, start, table)


def helper(xp, *arrays):
    return xp.sum(arrays[0], dtype=xp.int64), isqrt(9), prod((2, 3)), operator.index(4)
'''


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED.keys())
def test_smuggled_float_is_refused(source: str) -> None:
    assert scan(source)


def test_honest_code_passes() -> None:
    assert scan(LEGAL) == []


def test_finding_names_the_line() -> None:
    assert scan("x = 1\ny = 3 / x\n") == [(2, "true division: use // or round_divide")]


@pytest.mark.parametrize("text", ["float", "float16", "f2", "<f8", "d", "complex64", "bfloat16", "torch.float8_e4m3fn"])
def test_string_of_a_float_type(text: str) -> None:
    assert is_float_string(text)


@pytest.mark.parametrize("text", ["int8", "i8", "<u4", "uint32", "iu", "linear", "softmax", "max", "//", ""])
def test_string_of_no_float_type(text: str) -> None:
    assert not is_float_string(text)


def test_the_law_holds_no_float(root: Path) -> None:
    assert list(scan_folder(root / "src" / "earnest" / "integer")) == []


@pytest.mark.parametrize(
    ("name", "content"), [("law.py", "x = 1 / 2"), ("deep/law.py", "x = 0.5"), ("t.toml", "a = [1.5]"), ("law.so", "")]
)
def test_folder_with_one_bad_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "good.toml").write_text("bits = [8, 16]\n")
    monkeypatch.setattr("sys.argv", ["integer_source.py", str(tmp_path)])
    assert main() == 0
    (tmp_path / name).write_text(content)
    assert main() == 1


def test_folder_without_source_is_refused(tmp_path: Path) -> None:
    assert list(scan_folder(tmp_path))
