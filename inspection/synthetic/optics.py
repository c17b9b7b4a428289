"""Optics: lamp, lens and sensor between the web and the pixels.

    reflectance x lamp shade x column gain x line flicker + photon and read noise -> grey levels

Photon noise follows EMVA 1288: its variance is the signal over the full well, in shares of full scale.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.random import SFC64, Generator, SeedSequence
from numpy.typing import NDArray

from inspection.errors import InputError
from inspection.frame import Frame, Pixels

_FULL_WELL = 20_000.0
"""Electrons at full scale of a common 8-bit line-scan sensor."""

_READ_NOISE = 0.0012
_FLICKER = 0.004


def stream(seed: int, *keys: int) -> Generator:
    """Seed a generator of its own for each purpose; the same seed and keys always give the same numbers."""
    return Generator(SFC64(SeedSequence((seed, *keys))))


@dataclass(frozen=True, eq=False)
class Camera:
    """One mounted camera with its lamp.

    Attributes
    ----------
    gain : ndarray of shape (columns,), float32
        Lamp shade, column gains and dust on the lens, around 0.9.
    dust_px : tuple of (int, int)
        Columns that dust darkens: first, one past the last.
    bits : int
    """

    gain: NDArray[np.float32]
    dust_px: tuple[tuple[int, int], ...]
    bits: int

    @classmethod
    def mounted(cls, seed: int, columns: int, bits: int) -> Self:
        """Mount the camera that belongs to a seed.

        Raises
        ------
        InputError
            A depth that no frame can have.
        """
        if not 8 <= bits <= 16:
            raise InputError(f"expected 8 to 16 bits, got {bits}: draw for a depth that cameras have")
        rng = stream(seed, 1)
        across = np.linspace(-1, 1, columns)
        shade = 1 - rng.uniform(0.10, 0.18) * across**2 + rng.uniform(-0.015, 0.015) * across
        gain = shade * (1 + rng.uniform(0.005, 0.010) * rng.standard_normal(columns).clip(-3, 3))
        dust = tuple(_settle(gain, rng) for _ in range(int(rng.integers(1, 4))))
        return cls(gain.astype(np.float32), dust, bits)

    @property
    def full_scale_gl(self) -> int:
        """The largest grey level."""
        return (1 << self.bits) - 1

    def flicker(self, rows: int, rng: Generator) -> NDArray[np.float32]:
        """Light of each line around 1: the supply's ripple and random steps, about one percent in all."""
        ripple = np.sin(2 * np.pi * (np.arange(rows) / rng.uniform(180, 320) + rng.uniform()))
        light: NDArray[np.float32] = (1 + _FLICKER * (ripple + rng.standard_normal(rows).clip(-2.5, 2.5))).astype(
            np.float32
        )
        return light

    def noise_variance(self, signal: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Variance of one pixel in shares of full scale: photons, reading, rounding."""
        rounding = 1 / (12 * self.full_scale_gl**2)
        return np.asarray(signal, np.float64) / _FULL_WELL + _READ_NOISE**2 + rounding

    def expose(self, signal: NDArray[np.float32], rng: Generator) -> Frame:
        """Take a frame of `signal`, in shares of full scale; `signal` is used up."""
        noise = rng.standard_normal(signal.shape, dtype=np.float32)
        np.maximum(signal, 0, out=signal)
        spread = signal * np.float32(1 / _FULL_WELL)
        spread += np.float32(_READ_NOISE**2)
        noise *= np.sqrt(spread, out=spread)
        signal += noise
        return Frame(self.quantised(signal), self.bits)

    def quantised(self, signal: NDArray[np.float32]) -> Pixels:
        """Grey levels, rounded and kept within full scale; `signal` is used up."""
        signal *= np.float32(self.full_scale_gl)
        signal += np.float32(0.5)
        np.clip(signal, 0, self.full_scale_gl, out=signal)
        return signal.astype(np.uint8) if self.bits == 8 else signal.astype(np.uint16)


def _settle(gain: NDArray[np.float64], rng: Generator) -> tuple[int, int]:
    """Darken some columns by a grain of dust."""
    width = int(rng.integers(3, 9))
    left = int(rng.integers(0, max(len(gain) - width, 1)))
    columns = np.arange(left, min(left + width, len(gain)))
    across = (columns - left + 0.5) / width
    gain[columns] *= 1 - rng.uniform(0.015, 0.04) * np.sin(np.pi * across)
    return left, int(columns[-1]) + 1
