"""Wide faint stains and long faint streaks: seen where they are, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest
from test_screening import screened, tiles_of
from test_segmentation import dotted, looked_at

from inspection.averages import average
from inspection.calibration import WIDE_TILES
from inspection.expectation import PART_BANDS
from inspection.frame import Frame
from inspection.screening import ScreeningSettings
from inspection.streak_filters import WIDTHS_PX
from inspection.synthetic.plan import look_alikes, probe_stains, probe_streaks


def averaged(frame, calibration):
    return average(screened(frame, calibration), (), calibration, ScreeningSettings())


def quiet(frame, calibration):
    seen = averaged(frame, calibration)
    return seen.wide_clean and seen.profiles_clean and not screened(frame, calibration).points.any()


@pytest.mark.parametrize("line", ["graphite", "deep", "skipped"])
def test_a_clean_web_is_clean(request, line) -> None:
    line = request.getfixturevalue(line)
    clean = [quiet(line.drawn(index=index, seed=13).frame, line.calibration) for index in range(10)]
    assert sum(clean) >= 9


def test_look_alikes_are_clean(graphite) -> None:
    clean = [quiet(graphite.drawn(look_alikes(), index).frame, graphite.calibration) for index in range(8)]
    assert sum(clean) >= 7


@pytest.mark.parametrize("line", ["graphite", "deep"])
@pytest.mark.parametrize(("sigma", "width"), [(1.0, 2), (0.6, 6), (0.6, 12)])
def test_a_faint_streak_down_the_frame_stands_out_in_its_columns(request, line, sigma, width) -> None:
    line = request.getfixturevalue(line)
    drawn = line.drawn(probe_streaks(sigma, width))
    (streak,) = drawn.truth.defects
    seen = averaged(drawn.frame, line.calibration)
    whole = np.max([np.abs(profile[-1]) for profile in seen.profiles.values()], axis=0)
    assert whole[streak.box.left : streak.box.right].max() > 1
    columns = np.flatnonzero(whole > 1)
    assert columns.min() >= streak.box.left - 20
    assert columns.max() <= streak.box.right + 20
    assert not seen.profiles_clean


def test_a_streak_keeps_its_sign(graphite) -> None:
    for seed in range(4):
        drawn = graphite.drawn(probe_streaks(1.0, 4), seed=seed)
        (streak,) = drawn.truth.defects
        profile = averaged(drawn.frame, graphite.calibration).profiles[4][-1]
        assert np.sign(profile[int(streak.box.centre[1])]) == np.sign(streak.contrast_sigma)


def test_a_streak_far_below_its_threshold_is_not_seen(graphite) -> None:
    seen = averaged(graphite.drawn(probe_streaks(0.01, 4)).frame, graphite.calibration)
    assert all(np.abs(profile).max() < 1 for profile in seen.profiles.values())


@pytest.mark.parametrize("line", ["graphite", "deep"])
def test_a_wide_faint_stain_stands_out_in_a_box(request, line) -> None:
    line = request.getfixturevalue(line)
    drawn = line.drawn(probe_stains(1.5, 70, 2))
    seen = averaged(drawn.frame, line.calibration)
    for stain in drawn.truth.defects:
        over = [np.abs(seen.wide[tiles][tiles_of(stain.box)]).max() for tiles in WIDE_TILES]
        assert max(over) > 1
    assert not seen.wide_clean


def test_clean_means_that_no_map_stands_out(graphite) -> None:
    for plan in (None, probe_streaks(1.0, 6), probe_stains(1.5, 70, 2)):
        seen = averaged(graphite.drawn(plan).frame, graphite.calibration)
        assert seen.wide_clean == all(np.abs(values).max() <= 1 for values in seen.wide.values())
        assert seen.profiles_clean == all(np.abs(values).max() <= 1 for values in seen.profiles.values())


@pytest.mark.parametrize("rows", [128, 300, 383, 512])
def test_maps_cover_the_frame(graphite, rows) -> None:
    frame = graphite.drawn(rows=rows).frame
    screening, seen = screened(frame, graphite.calibration), averaged(frame, graphite.calibration)
    bands, parts = -(-rows // 8), max(-(-rows // 8) // PART_BANDS, 1)
    assert screening.points.shape == screening.tile_sums.shape == (bands, 192)
    assert screening.column_sums.shape == (parts, 1536)
    assert {side: over.shape for side, over in seen.wide.items()} == dict.fromkeys(WIDE_TILES, (bands, 192))
    assert {w: p.shape for w, p in seen.profiles.items()} == dict.fromkeys(WIDTHS_PX, (parts + 1, 1536))


def test_columns_of_unknown_gain_are_never_streaks(graphite) -> None:
    known = graphite.calibration.known_columns.copy()
    drawn = graphite.drawn(probe_streaks(2.0, 4))
    (streak,) = drawn.truth.defects
    known[streak.box.left - 20 : streak.box.right + 20] = False
    seen = averaged(drawn.frame, replace(graphite.calibration, known_columns=known))
    whole = [np.abs(profile[-1]).max() for profile in seen.profiles.values()]
    assert max(whole) < 1


@pytest.mark.parametrize("size", [4, 12, 40])
def test_what_is_looked_at_again_leaves_nothing_in_boxes_and_columns(graphite, size) -> None:
    frame = dotted(graphite, (100, 200), (250, 900), size=size)
    screening, patches = looked_at(frame, graphite)
    assert not averaged(frame, graphite.calibration).wide_clean
    rest = average(screening, patches, graphite.calibration, ScreeningSettings())
    assert rest.wide_clean
    assert rest.profiles_clean


def test_a_faint_streak_remains_beside_a_strong_point(graphite) -> None:
    pixels = dotted(graphite, (100, 200)).pixels.astype(int)
    pixels[:, 500:506] += 3
    screening, patches = looked_at(Frame(pixels.clip(0, 255).astype(np.uint8)), graphite)
    rest = average(screening, patches, graphite.calibration, ScreeningSettings())
    assert not rest.profiles_clean
    assert np.abs(rest.profiles[4][-1][495:511]).max() > 1
    assert np.abs(rest.profiles[4][-1][190:215]).max() < 1


@pytest.mark.parametrize("sigma", [3.0, 5.0])
def test_a_streak_leaves_no_shadow_on_the_coating_beside_it(graphite, sigma) -> None:
    drawn = graphite.drawn(probe_streaks(sigma, 20))
    (streak,) = drawn.truth.defects
    beside = np.ones(1536, bool)
    beside[streak.box.left - 16 : streak.box.right + 16] = False
    seen = averaged(drawn.frame, graphite.calibration)
    assert all(np.abs(over[:, beside]).max() < 1 for over in seen.profiles.values())
