"""What compiled code promises."""

import threading
import time

import numpy as np

from inspection.kernels.compiler import compiled


@compiled
def quotient(values, divisor):
    return values / divisor


@compiled
def walk(steps):
    """A chain that no compiler can shorten: about a second for 300 million steps."""
    place = 1
    for _ in range(steps):
        place = (place * 48271) % 2147483647
    return place


def test_division_by_zero_gives_what_numpy_gives() -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        told = np.array([1.0, 0.0, -1.0]) / 0.0
    np.testing.assert_array_equal(quotient(np.array([1.0, 0.0, -1.0]), 0.0), told)


def test_other_threads_run_while_a_kernel_runs() -> None:
    walk(1)
    kernel = threading.Thread(target=walk, args=(50_000_000,))
    kernel.start()
    ticks = 0
    while kernel.is_alive():
        time.sleep(0.001)
        ticks += 1
    assert ticks >= 10
