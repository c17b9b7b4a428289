"""Calibrating: from ordinary frames to the numbers that judge later ones.

In:  some dozens of frames of normal production, the camera's placement, a wanted false-alarm rate.
Out: a Calibration.

Everything is a median over frames or a quantile, so that defects among the frames do not spoil
it. How thresholds follow from the noise is told in `thresholds`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from inspection.calibration import STATISTICS, Calibration, Noise
from inspection.clean_windows import describe_windows, normality_of
from inspection.column_gain import FEWEST_FRAMES, with_column_gain
from inspection.errors import CalibrationError
from inspection.flat_field import FlatFieldSettings, Light, measure_light, place_windows
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.layout import Layout, find_layout
from inspection.noise_sampling import Sample, column_profile, sample_statistics
from inspection.normality import Normality
from inspection.streak_filters import covariance, matched_filters, plain_filters
from inspection.thresholds import COATING_SHARE, FOIL_SHARE, robust_sigma, threshold_sigma
from inspection.web import Web, WebSettings, find_web

_NOISE_FRAMES = 16
"""Frames whose noise is measured: each has thousands of independent places."""


@dataclass(frozen=True)
class CalibratingSettings:
    """How a calibration is made.

    Attributes
    ----------
    false_alarms_per_1000 : float
        Wanted false defects per 1000 clean frames.
    web : WebSettings
    flat_field : FlatFieldSettings
    seed : int
        Of the random places at which clean web is sampled.
    """

    false_alarms_per_1000: float = 5.0
    web: WebSettings = field(default_factory=WebSettings)
    flat_field: FlatFieldSettings = field(default_factory=FlatFieldSettings)
    seed: int = 0


def calibrate(
    frames: Sequence[Frame],
    placement: Placement,
    *,
    camera: str = "camera",
    version: int = 1,
    settings: CalibratingSettings | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Calibration:
    """Calibrate one camera for one product.

    Parameters
    ----------
    frames : sequence of Frame
        Ordinary production, 24 or more; a few may show defects. Fewer than 8 give a rough
        calibration that cannot see a streak standing in all of them.
    placement : Placement
    camera, version
        Named in the result.
    settings : CalibratingSettings, optional
    progress : callable
        Called twice for every frame.

    Raises
    ------
    CalibrationError
        No frames, frames that differ in size or bits, black ones, none with coating in sight, or
        frames whose noise cannot be measured.
    """
    settings = settings or CalibratingSettings()
    _check_alike(frames)
    layout = find_layout(frames)
    if not layout.coating_gl > 0:
        raise CalibrationError("expected coating in sight, got black frames: calibrate on running production")
    draft = _draft(layout, frames, placement, camera, version, settings)
    draft = with_column_gain(draft, frames, partial(_look, settings=settings), progress)
    draft = _with_streak_filters(draft, frames[:_NOISE_FRAMES], settings)
    draft = _with_noise(draft, frames, settings, progress)
    return _with_normality(draft, frames, settings) if len(frames) >= FEWEST_FRAMES else draft


def _check_alike(frames: Sequence[Frame]) -> None:
    if not frames:
        raise CalibrationError("expected frames to calibrate from, got none: give 24 or more of ordinary production")
    shapes = {(frame.columns, frame.rows, frame.bits) for frame in frames}
    if len(shapes) > 1:
        listed = ", ".join(f"{columns} x {rows} px of {bits} bits" for columns, rows, bits in sorted(shapes))
        raise CalibrationError(f"expected frames of one size and depth, got {listed}: calibrate each camera on its own")


def _draft(
    layout: Layout,
    frames: Sequence[Frame],
    placement: Placement,
    camera: str,
    version: int,
    settings: CalibratingSettings,
) -> Calibration:
    """A calibration with a flat gain and every noise 1, so that statistics come out in grey levels."""
    unit = dict.fromkeys(STATISTICS, 1.0)
    return Calibration(
        camera=camera,
        version=version,
        placement=placement,
        bits=frames[0].bits,
        rows=frames[0].rows,
        gain=np.ones(frames[0].columns, np.float32),
        known_columns=np.ones(frames[0].columns, bool),
        coating_gl=layout.coating_gl,
        foil_gl=layout.foil_gl,
        lanes_px=layout.lanes_px,
        skip_coating=layout.skip_coating,
        coating=Noise(unit, unit),
        foil=Noise(unit, unit),
        streak_filters=plain_filters(),
        normality=Normality.unknown(),
        focus=float("nan"),
        made_from_frames=len(frames),
        false_alarms_per_1000=settings.false_alarms_per_1000,
    )


def _look(frame: Frame, calibration: Calibration, settings: CalibratingSettings) -> tuple[Light, Web]:
    windows = place_windows(calibration.lanes_px, calibration.gain * np.float32(calibration.coating_gl))
    light = measure_light(frame.pixels, windows, settings.flat_field)
    return light, find_web(frame.pixels, light, windows, calibration, settings.web)


def _sample(frame: Frame, calibration: Calibration, settings: CalibratingSettings) -> dict[str, Sample]:
    light, web = _look(frame, calibration, settings)
    return sample_statistics(frame.pixels, light, web, calibration, settings.web.guard_px)


def _with_streak_filters(draft: Calibration, frames: Sequence[Frame], settings: CalibratingSettings) -> Calibration:
    guard_px = settings.web.guard_px
    profiles = [column_profile(frame.pixels, *_look(frame, draft, settings), draft, guard_px) for frame in frames]
    together = covariance(profiles)
    return draft if together is None else replace(draft, streak_filters=matched_filters(together))


def _with_noise(
    draft: Calibration, frames: Sequence[Frame], settings: CalibratingSettings, progress: Callable[[], None]
) -> Calibration:
    """First the noise at every scale, then thresholds in multiples of it."""
    first = [_sample(frame, draft, settings) for frame in frames[:_NOISE_FRAMES]]
    # The gain itself is noisy, the more so the fewer frames it came from; columns' means feel it.
    few_frames = float(np.sqrt(1 + np.pi / 2 / len(frames)))
    coating, foil = {}, {}
    for name in STATISTICS:
        inflation = few_frames if name.startswith(("part", "streak")) else 1.0
        coating[name] = inflation * robust_sigma([taken[name].coating for taken in first])
        foil[name] = inflation * robust_sigma([taken[name].foil for taken in first], fallback=coating[name])
    draft = replace(draft, coating=_unjudged(coating), foil=_unjudged(foil))
    seconds = []
    for frame in frames:
        seconds.append({name: sample.extremes() for name, sample in _sample(frame, draft, settings).items()})
        progress()
    thresholds = [
        {
            name: threshold_sigma(
                name,
                [extremes[name][material] for extremes in seconds],
                share * settings.false_alarms_per_1000,
            )
            for name, share in shares.items()
        }
        for material, shares in enumerate((COATING_SHARE, FOIL_SHARE))
    ]
    measured = replace(draft, coating=Noise(coating, thresholds[0]), foil=Noise(foil, thresholds[1]))
    _check_finite(measured)
    return measured


def _check_finite(measured: Calibration) -> None:
    """A limit that is no number would never be exceeded, and everything would pass."""
    limits = [noise.limit(name) for noise in (measured.coating, measured.foil) for name in STATISTICS]
    if not (np.isfinite(limits).all() and np.isfinite(measured.streak_filters).all()):
        raise CalibrationError(
            "expected frames whose noise can be measured, got limits that are no numbers: "
            "look for dark or constant columns, then calibrate on running production"
        )


def _with_normality(draft: Calibration, frames: Sequence[Frame], settings: CalibratingSettings) -> Calibration:
    """What clean crops look like; the same frames give the same places."""
    rng, guard_px = np.random.default_rng(settings.seed), settings.web.guard_px
    described = [
        describe_windows(frame.pixels, *_look(frame, draft, settings), draft, guard_px, rng) for frame in frames
    ]
    return replace(draft, normality=normality_of(*zip(*described, strict=True)))


def _unjudged(sigma: dict[str, float]) -> Noise:
    return Noise(sigma, dict.fromkeys(sigma, 1.0))
