"""One thread per process: sums of floats then do not depend on how many cores a machine has, nor on other workers."""

import contextlib
import os
from collections.abc import Iterator

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def one_thread() -> contextlib.AbstractContextManager[None]:
    """Numerical libraries that are first imported inside, here or in a process started here, use one thread."""
    return threads_of_libraries(1)


@contextlib.contextmanager
def threads_of_libraries(count: int) -> Iterator[None]:
    """The same with `count` threads."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
