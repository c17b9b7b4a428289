"""Calibrating: from ordinary frames to the numbers that judge later ones.

In:  some dozens of frames of normal production, the camera's placement, a wanted false-alarm rate.
Out: a Calibration.

Everything is a median over frames or a quantile, so that defects among the frames do not spoil
it. How thresholds follow from the noise is told in `thresholds`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.calibration import STATISTICS, Calibration, Noise
from inspection.clean_windows import describe_windows, normality_of
from inspection.errors import CalibrationError
from inspection.flat_field import FlatFieldSettings, Light, measure_light, place_windows
from inspection.frame import Frame
from inspection.frame_checks import edge_sharpness
from inspection.geometry import Placement
from inspection.kernels.reading import COATED
from inspection.layout import Layout, find_layout
from inspection.noise_sampling import Sample, column_profile, sample_statistics
from inspection.normality import Normality
from inspection.streak_filters import covariance, matched_filters, plain_filters
from inspection.thresholds import COATING_SHARE, FOIL_SHARE, robust_sigma, threshold_sigma
from inspection.web import Web, WebSettings, find_web

FEWEST_FRAMES = 8
"""Fewer frames cannot tell a column's gain from a streak: the gain is then smoothed across columns."""

_NOISE_FRAMES = 16
"""Frames whose noise is measured: each has thousands of independent places."""

_SMOOTH_COLUMNS = 65
_LAYOUT_ERROR_PX = 16
"""Two cells of a layout: columns nearer to its edges may be foil, which would pass for bright coating."""

_CLEAR_OF_EDGE_PX = 8
"""Beyond the blur of an edge and the little that it wavers within one frame."""


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
    draft = _with_flat_field(draft, frames, settings, progress)
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


def _with_flat_field(
    draft: Calibration, frames: Sequence[Frame], settings: CalibratingSettings, progress: Callable[[], None]
) -> Calibration:
    """Gain and levels from the frames' column means; two rounds, because edges shift once gains are known."""
    rough = _rough_gain(draft, frames)
    draft = replace(draft, gain=rough)
    coating, foil, lanes, focus = [], [], [], []
    for frame in frames:
        light, web = _look(frame, draft, settings)
        columns = _column_means(frame, light, web)
        coating.append(np.where(_inside(web, draft, 1), columns, np.nan))
        foil.append(np.where(_inside(web, draft, -1), columns, np.nan))
        lanes.append(web.lanes_px)
        focus.append(edge_sharpness(frame.pixels, web))
        progress()
    coating_columns, foil_columns = _median(coating), _median(foil)
    gain, coating_gl, foil_gl = _gain(coating_columns, foil_columns, smooth=len(frames) < FEWEST_FRAMES)
    known = np.isfinite(coating_columns)[None] | np.isfinite(foil_columns)
    lanes_px = np.where(web.open_edges, draft.lanes_px, np.median(lanes, axis=0))
    # Edges were measured under a rough gain; the next round's are exact, and only their course is used.
    return replace(
        draft,
        gain=gain,
        known_columns=cv2.erode(known.astype(np.uint8), np.ones((1, 3), np.uint8))[0].astype(bool),
        coating_gl=coating_gl,
        foil_gl=foil_gl,
        lanes_px=lanes_px,
        focus=float(np.median(focus)),
    )


def _rough_gain(draft: Calibration, frames: Sequence[Frame]) -> NDArray[np.float32]:
    """Lamp shade alone: the median column inside the lanes, smoothed, bridged across gaps."""
    columns = np.median([frame.pixels[::32].mean(axis=0) for frame in frames[:16]], axis=0)
    margin = np.zeros(draft.columns, bool)
    for left, right in draft.lanes_px:
        inset = min(max((right - left) / 50, _LAYOUT_ERROR_PX), (right - left) / 4)
        margin[int(left + inset) : int(right - inset)] = True
    if draft.skip_coating:
        return draft.gain
    return _bridge(np.where(margin, columns, np.nan))


def _bridge(columns: NDArray[np.float64]) -> NDArray[np.float32]:
    """Smooth over known columns, straight lines between them, median 1."""
    known = np.flatnonzero(np.isfinite(columns))
    smooth = _smooth(columns[known])
    bridged = np.interp(np.arange(len(columns)), known, smooth)
    return (bridged / np.median(smooth)).astype(np.float32)


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median, then mean, over 65 columns."""
    half = _SMOOTH_COLUMNS // 2
    padded = np.pad(values, half, mode="edge")
    medians = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTH_COLUMNS), axis=1)
    smooth: NDArray[np.float64] = cv2.blur(medians[None], (_SMOOTH_COLUMNS, 1), borderType=cv2.BORDER_REPLICATE)[0]
    return smooth


def _look(frame: Frame, calibration: Calibration, settings: CalibratingSettings) -> tuple[Light, Web]:
    windows = place_windows(calibration.lanes_px, calibration.gain * np.float32(calibration.coating_gl))
    light = measure_light(frame.pixels, windows, settings.flat_field)
    return light, find_web(frame.pixels, light, windows, calibration, settings.web)


def _sample(frame: Frame, calibration: Calibration, settings: CalibratingSettings) -> dict[str, Sample]:
    light, web = _look(frame, calibration, settings)
    return sample_statistics(frame.pixels, light, web, calibration, settings.web.guard_px)


def _column_means(frame: Frame, light: Light, web: Web) -> NDArray[np.float64]:
    """Mean over the rows in which every lane is coated, by column, under the calibrated lamp."""
    rows = np.repeat(np.all(web.states == COATED, axis=1), 8)[: frame.rows]
    if not rows.any():
        return np.full(frame.columns, np.nan)
    means: NDArray[np.float64] = frame.pixels[rows].mean(axis=0) / light.level
    return means


def _inside(web: Web, calibration: Calibration, direction: int) -> NDArray[np.bool_]:
    """Columns well inside coating (direction 1) or well inside foil (-1)."""
    margin = _CLEAR_OF_EDGE_PX
    coated = np.zeros(calibration.columns, bool)
    for lane, (left, right) in enumerate(web.lanes_px):
        inset_left, inset_right = margin * direction * ~web.open_edges[lane]
        coated[max(round(left + inset_left), 0) : max(round(right - inset_right), 0)] = True
    return coated if direction > 0 else ~coated


def _median(rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Median over frames by column, NaN where a column was never seen in at least a third of them."""
    stack = np.stack(rows)
    seen = np.isfinite(stack).sum(axis=0) * 3 >= len(rows)
    median = np.full(stack.shape[1], np.nan)
    if seen.any():
        median[seen] = np.nanmedian(stack[:, seen], axis=0)
    return median


def _gain(
    coating: NDArray[np.float64], foil: NDArray[np.float64], *, smooth: bool
) -> tuple[NDArray[np.float32], float, float]:
    """Column gains and the grey levels of coating and foil at gain 1."""
    if not np.isfinite(coating).any():
        raise CalibrationError("expected coating in sight, got frames without any: calibrate on running production")
    shade = _bridge(coating)
    coating_gl = float(np.nanmedian(coating / shade))
    foil_gl = float(np.nanmedian(foil / shade)) if np.isfinite(foil).any() else float("nan")
    gain = shade.copy()
    if not smooth:
        for level, columns in ((coating_gl, coating), (foil_gl, foil)):
            known = np.isfinite(columns)
            gain[known] = columns[known] / level
    return gain, coating_gl, foil_gl


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
