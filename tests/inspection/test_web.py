"""Edges and patches of the web, against the lines that were drawn."""

from dataclasses import replace

import numpy as np
import pytest

from inspection.defect import Kind
from inspection.flat_field import FlatFieldSettings, measure_light
from inspection.kernels.reading import BARE, BOUNDARY, COATED
from inspection.pipeline import light_windows
from inspection.synthetic.plan import clean, kinds, mixed
from inspection.web import WebSettings, bands_in, find_web, slow_courses


def web_in(frame, calibration, settings=None):
    windows = light_windows(calibration)
    light = measure_light(frame.pixels, windows, FlatFieldSettings())
    return find_web(frame.pixels, light, windows, calibration, settings or WebSettings())


def true_edges(truth, bands):
    """Mean drawn edge of each band, shape (lanes, 2, bands); the last band ends with the frame."""
    rows = truth.edges_px.shape[2]
    tops = np.minimum(np.arange(bands) * 8, rows - 8)
    return np.stack([truth.edges_px[:, :, top : top + 8].mean(axis=2) for top in tops], axis=2)


@pytest.mark.parametrize("line", ["graphite", "deep"])
@pytest.mark.parametrize("plan", [clean(), mixed(4), kinds(Kind.EDGE_DEFECT, 2)], ids=["clean", "mixed", "chips"])
def test_most_edges_are_measured_to_a_quarter_pixel_whatever_lies_beside_them(request, line, plan) -> None:
    line = request.getfixturevalue(line)
    apart = []
    for index in range(4):
        drawn = line.drawn(plan, index, seed=9)
        web = web_in(drawn.frame, line.calibration)
        apart.append(web.edges_px - true_edges(drawn.truth, web.edges_px.shape[2]))
    assert np.median(np.abs(apart)) < 0.25


@pytest.mark.parametrize("line", ["graphite", "deep"])
def test_edges_of_a_clean_web_are_under_a_third_of_a_pixel_off(request, line) -> None:
    line = request.getfixturevalue(line)
    for index in range(4):
        drawn = line.drawn(index=index, seed=10)
        web = web_in(drawn.frame, line.calibration)
        apart = web.edges_px - true_edges(drawn.truth, web.edges_px.shape[2])
        assert np.sqrt(np.mean(np.square(apart))) < 1 / 3


@pytest.mark.parametrize("rows", [300, 383, 391])
def test_a_last_band_that_overlaps_is_measured_like_the_others(graphite, rows) -> None:
    drawn = graphite.drawn(rows=rows)
    web = web_in(drawn.frame, graphite.calibration)
    assert web.edges_px.shape == (2, 2, bands_in(rows))
    apart = web.edges_px - true_edges(drawn.truth, bands_in(rows))
    assert np.sqrt(np.mean(np.square(apart[..., -1]))) < 0.5


@pytest.mark.parametrize("shift", [-40, -15, 0, 15, 40])
def test_edges_are_found_after_the_web_has_wandered(graphite, shift) -> None:
    drawn = graphite.drawn(index=2)
    moved = np.roll(drawn.frame.pixels, shift, axis=1)
    web = web_in(replace(drawn.frame, pixels=moved), graphite.calibration)
    expected = true_edges(drawn.truth, web.edges_px.shape[2]) + shift
    assert np.sqrt(np.mean(np.square(web.course_px - expected))) < 1


def test_the_course_passes_a_chip_by(graphite) -> None:
    drawn = graphite.drawn(kinds(Kind.EDGE_DEFECT, 1), seed=12)
    web = web_in(drawn.frame, graphite.calibration)
    plain = graphite.drawn(seed=12).truth
    assert np.abs(drawn.truth.edges_px - plain.edges_px).max() > 2
    assert np.abs(web.course_px - true_edges(plain, web.course_px.shape[2])).max() < 0.8


def test_lanes_are_the_mean_of_their_course(graphite) -> None:
    web = web_in(graphite.drawn().frame, graphite.calibration)
    np.testing.assert_allclose(web.lanes_px, web.course_px.mean(axis=2))


def test_a_web_that_is_not_skip_coated_is_coated_everywhere(graphite) -> None:
    web = web_in(graphite.drawn().frame, graphite.calibration)
    assert (web.states == COATED).all()
    assert web.patch_rows == (((0, 384),), ((0, 384),))
    assert not web.open_edges.any()


@pytest.mark.parametrize("index", range(5))
def test_patches_start_and_end_where_they_were_drawn(skipped, index) -> None:
    drawn = skipped.drawn(index=index)
    web = web_in(drawn.frame, skipped.calibration)
    told = np.array(drawn.truth.patches)
    for lane in web.patch_rows:
        assert len(lane) == len(told)
        assert np.abs(np.array(lane) - told).max() <= 1.5


def test_bands_are_coated_or_bare_only_where_all_their_rows_are(skipped) -> None:
    drawn = skipped.drawn(index=1)
    web = web_in(drawn.frame, skipped.calibration)
    coated = np.zeros(384, bool)
    for begin, end in drawn.truth.patches:
        coated[round(begin) : round(end)] = True
    shares = coated.reshape(-1, 8).mean(axis=1)
    assert set(np.unique(web.states)) == {COATED, BARE, BOUNDARY}
    assert (shares[(web.states[:, 0] == COATED)] == 1).all()
    assert (shares[(web.states[:, 0] == BARE)] == 0).all()
    assert (web.states[(shares > 0) & (shares < 1)] == BOUNDARY).all()


def test_bare_rows_too_few_for_a_gap_are_no_gap(skipped) -> None:
    drawn = next(d for d in map(skipped.drawn, [None] * 9, range(9)) if d.truth.patches[0][1] > 150)
    pixels = drawn.frame.pixels.copy()
    begin = int(drawn.truth.patches[0][0]) + 60
    left, right = skipped.calibration.lanes_px[0].astype(int)
    pixels[begin : begin + 20, left:right] = int(skipped.calibration.foil_gl)
    plain = web_in(drawn.frame, skipped.calibration)
    assert web_in(replace(drawn.frame, pixels=pixels), skipped.calibration).patch_rows == plain.patch_rows


def test_an_edge_out_of_sight_stays_where_calibration_had_it(graphite) -> None:
    lanes = graphite.calibration.lanes_px.copy()
    lanes[1, 1] = graphite.columns
    web = web_in(graphite.drawn().frame, replace(graphite.calibration, lanes_px=lanes))
    assert web.open_edges.tolist() == [[False, False], [False, True]]
    assert (web.edges_px[1, 1] == graphite.columns).all()


def test_without_foil_no_edge_is_in_sight(graphite) -> None:
    calibration = replace(graphite.calibration, foil_gl=float("nan"), lanes_px=np.array([[0.0, 1536.0]]))
    web = web_in(graphite.drawn().frame, calibration)
    assert web.open_edges.all()
    assert web.lanes_px.tolist() == [[0, 1536]]


def test_slow_courses_are_parabolas() -> None:
    along = np.linspace(-1, 1, 48)
    edges = np.stack([100 + 3 * along - 2 * along**2, 500 - along])
    np.testing.assert_allclose(slow_courses(edges, np.ones_like(edges, bool)), edges, atol=1e-5)
