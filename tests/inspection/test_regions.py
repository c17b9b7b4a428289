"""Pieces become things: what belongs together is one region, what does not is not."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from test_averages import averaged
from test_screening import screened

from inspection.defect import Kind
from inspection.flat_field import FlatFieldSettings, measure_light
from inspection.frame import Frame
from inspection.geometry import Box
from inspection.pipeline import light_windows, look
from inspection.recipe import default_recipe
from inspection.regions import Region, RegionSettings, Source, find_regions
from inspection.segmentation import STEPS_PER_SIGMA, Patch
from inspection.synthetic.plan import kinds, probe_stains, probe_streaks
from inspection.web import Web, WebSettings, find_web

STRONG, WEAK, QUIET = 20, 4, 1
RECIPE = default_recipe()


@dataclass(frozen=True)
class Place:
    """A clean frame's web and screening: nothing stands out but what a test draws."""

    calibration: object
    web: Web
    rest: object
    expectation: object

    def regions(self, *patches, settings=None):
        return find_regions(
            patches, self.rest, self.expectation, self.web, self.calibration, settings or RegionSettings()
        )


@pytest.fixture(scope="module")
def place(graphite):
    frame, calibration = graphite.drawn(seed=13).frame, graphite.calibration
    windows = light_windows(calibration)
    web = find_web(
        frame.pixels,
        measure_light(frame.pixels, windows, FlatFieldSettings()),
        windows,
        calibration,
        WebSettings(),
    )
    rest = averaged(frame, calibration)
    assert rest.wide_clean
    assert rest.profiles_clean
    return Place(calibration, web, rest, screened(frame, calibration).expectation)


def patch(draw, height=120, width=200, top=100, left=200):
    """A window on which `draw` sets noise sigmas."""
    sigma = np.zeros((height, width), np.float32)
    draw(sigma)
    return Patch(Box(top, left, top + height, left + width), (sigma * STEPS_PER_SIGMA).astype(np.int16))


def dots(*places, size=4, sigma=STRONG):
    def draw(canvas):
        for row, column in places:
            canvas[row : row + size, column : column + size] = sigma

    return patch(draw)


def test_nothing_that_stands_out_is_no_region(place) -> None:
    assert place.regions() == ()
    assert place.regions(dots((50, 50), sigma=WEAK)) == ()


def test_a_region_is_where_it_was_drawn_with_its_own_pixels(place) -> None:
    (region,) = place.regions(dots((50, 60), size=5, sigma=-STRONG))
    assert region.box == Box(150, 260, 155, 265)
    assert region.area_px == 25
    assert region.mask.all()
    assert region.contrast_sigma == -STRONG
    assert region.source is Source.POINT


def test_a_region_takes_in_its_weak_neighbours(place) -> None:
    def draw(canvas):
        canvas[40:60, 40:60] = WEAK
        canvas[50, 50] = STRONG
        canvas[40:60, 100:120] = WEAK

    (region,) = place.regions(patch(draw))
    assert region.area_px == 400
    (core,) = place.regions(patch(draw), settings=RegionSettings(weak_share=0.9))
    assert core.area_px == 1


def scratch(cut, angle=0.3):
    """A thin line, interrupted every 30 rows."""

    def draw(canvas):
        for row in range(5, 115):
            if row % 30 >= cut:
                column = int(40 + angle * row)
                canvas[row, column : column + 2] = STRONG

    return patch(draw)


@pytest.mark.parametrize("cut", [1, 3, 8, 14])
@pytest.mark.parametrize("angle", [0, 0.3, 1.0])
def test_a_scratch_cut_in_pieces_is_one(place, cut, angle) -> None:
    whole = place.regions(scratch(0, angle))
    assert len(whole) == 1
    (region,) = place.regions(scratch(cut, angle))
    assert region.box.union(whole[0].box) == whole[0].box
    assert region.box.height > 75
    assert region.area_px == region.mask.sum()


def test_scratches_side_by_side_are_two(place) -> None:
    def draw(canvas):
        canvas[10:60, 40:42] = canvas[10:60, 90:92] = STRONG

    assert len(place.regions(patch(draw))) == 2


def test_a_crack_network_is_one(place) -> None:
    def draw(canvas):
        rng = np.random.default_rng(2)
        nodes = [(60, 100)]
        for _ in range(14):
            column, row = nodes[rng.integers(len(nodes))][::-1]
            angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(15, 30)
            end = int(column + length * np.cos(angle)), int(row + length * np.sin(angle))
            cv2.line(canvas, (column, row), end, STRONG)
            nodes.append(end[::-1])
        canvas[rng.random(canvas.shape) < 0.15] = 0

    (region,) = place.regions(patch(draw))
    assert region.area_px > 100


@pytest.mark.parametrize(("apart", "regions"), [(3, 1), (8, 1), (9, 2), (40, 2)])
def test_points_touch_up_to_four_pixels_apart(place, apart, regions) -> None:
    assert len(place.regions(dots((50, 50), (50, 50 + apart)))) == regions


def test_points_of_different_patches_may_belong_together(place) -> None:
    def draw(canvas):
        canvas[:, 9:11] = STRONG

    pieces = patch(draw, 60, 20, 100, 300), patch(draw, 60, 20, 170, 300)
    (region,) = place.regions(*pieces)
    assert region.box == Box(100, 309, 230, 311)
    assert region.area_px == 2 * 120


def test_the_strongest_region_comes_first(place) -> None:
    def draw(canvas):
        canvas[20:24, 20:24], canvas[20:24, 100:104], canvas[80:84, 60:64] = 10, -30, 20

    assert [r.contrast_sigma for r in place.regions(patch(draw))] == [-30, 20, 10]


def test_a_united_region_has_the_strongest_pieces_contrast(place) -> None:
    def draw(canvas):
        canvas[20:24, 20:24], canvas[20:24, 26:30] = 10, -30

    (region,) = place.regions(patch(draw))
    assert region.contrast_sigma == -30
    assert region.area_px == 32


def test_a_flooded_frame_keeps_its_pieces(place) -> None:
    places = [(row, column) for row in range(0, 116, 12) for column in range(0, 196, 8)]
    assert len(place.regions(dots(*places), settings=RegionSettings(most=200))) == len(places)
    joined = place.regions(dots(*places), settings=RegionSettings(most=1000))
    assert len(joined) < len(places)


def found(line, plan, seed=5):
    drawn = line.drawn(plan, seed=seed)
    return drawn.truth, look(drawn.frame, line.calibration, RECIPE).candidates.regions


def test_a_faint_streak_is_one_region_down_the_frame(graphite) -> None:
    truth, regions = found(graphite, probe_streaks(0.6, 6))
    (streak,) = [region for region in regions if region.source is Source.STREAK]
    assert (streak.box.top, streak.box.bottom) == (0, 384)
    assert streak.box.overlaps(truth.defects[0].box)
    assert streak.box.width < 30
    assert np.sign(streak.contrast_sigma) == np.sign(truth.defects[0].contrast_sigma)


def test_a_faint_stain_is_one_region_made_of_tiles(graphite) -> None:
    truth, regions = found(graphite, probe_stains(0.9, 90, 1))
    wide = [region for region in regions if region.source is Source.WIDE]
    assert len(wide) == 1
    assert wide[0].box.overlaps(truth.defects[0].box)
    assert wide[0].mask.shape == (wide[0].box.height, wide[0].box.width)


@pytest.mark.parametrize("seed", range(4))
def test_a_chipped_edge_is_seen_at_its_edge(graphite, seed) -> None:
    truth, regions = found(graphite, kinds(Kind.EDGE_DEFECT, 1), seed)
    assert any(region.box.grown(16, 384, 1536).overlaps(truth.defects[0].box) for region in regions)


def test_an_edge_that_leaves_its_course_is_a_region(place) -> None:
    edges = place.web.edges_px.copy()
    edges[0, 1, 20:24] -= 6
    moved = replace(place, web=replace(place.web, edges_px=edges))
    (region,) = moved.regions()
    assert region.source is Source.EDGE
    assert (region.box.top, region.box.bottom) == (160, 192)
    assert region.box.left <= edges[0, 1, 22] < region.box.right
    sigma = place.calibration.coating.sigma["edge"]
    assert region.contrast_sigma == pytest.approx(-6 / sigma, rel=0.25)


@pytest.mark.parametrize("rows", [380, 383, 391])
def test_an_edge_chipped_at_the_end_stays_inside_the_frame(graphite, rows) -> None:
    frame, calibration = graphite.drawn(rows=rows).frame, graphite.calibration
    pixels = frame.pixels.copy()
    right = int(calibration.lanes_px[0, 1])
    pixels[-20:, right - 8 : right + 4] = int(calibration.foil_gl)
    regions = look(Frame(pixels), calibration, replace(RECIPE, regions=RegionSettings())).candidates.regions
    assert regions
    assert max(region.box.bottom for region in regions) <= rows


@pytest.mark.parametrize("rows", [383, 391])
def test_an_edge_region_in_the_last_band_ends_with_the_frame(graphite, rows) -> None:
    frame, calibration = graphite.drawn(rows=rows, seed=13).frame, graphite.calibration
    windows = light_windows(calibration)
    light = measure_light(frame.pixels, windows, FlatFieldSettings())
    web = find_web(frame.pixels, light, windows, calibration, WebSettings())
    edges = web.edges_px.copy()
    edges[0, 1, -2:] -= 6
    rest = replace(averaged(frame, calibration), wide_clean=True, profiles_clean=True)
    expectation = screened(frame, calibration).expectation
    (region,) = find_regions((), rest, expectation, replace(web, edges_px=edges), calibration, RegionSettings())
    assert region.box.bottom == rows


def shaped(draw):
    mask = np.zeros((41, 41), np.uint8)
    draw(mask)
    return Region.of(Box(0, 0, 41, 41), mask, 9, Source.POINT)


@pytest.mark.parametrize(("end", "degrees"), [((40, 20), 0), ((20, 40), 90), ((35, 35), 45), ((5, 35), 135)])
def test_axes_point_along_a_line(end, degrees) -> None:
    region = shaped(lambda mask: cv2.line(mask, (20, 20), end, 1))
    longer, shorter, angle = region.axes
    assert min(abs(angle - degrees), 180 - abs(angle - degrees)) < 3
    assert longer > 8 * shorter


def test_axes_of_a_disc_are_its_diameter() -> None:
    longer, shorter, _ = shaped(lambda mask: cv2.circle(mask, (20, 20), 15, 1, -1)).axes
    assert longer == pytest.approx(31, rel=0.04)
    assert shorter == pytest.approx(31, rel=0.04)


def test_axes_of_one_pixel_are_about_a_pixel() -> None:
    longer, shorter, _ = Region.of(Box(3, 3, 4, 4), np.ones((1, 1), np.uint8), 9, Source.POINT).axes
    assert longer == pytest.approx(shorter) == pytest.approx(4 / np.sqrt(12))


def streaked(line, *streaks, stain=None, rows=384):
    """A clean frame with streaks (left, width, grey levels) on it, and a soft stain (centre, width, grey levels)."""
    pixels = line.drawn(rows=rows, seed=13).frame.pixels.astype(float)
    for left, width, grey in streaks:
        pixels[:, left : left + width] += grey
    if stain:
        down, cross = np.mgrid[:rows, : pixels.shape[1]]
        away = np.hypot(down - rows / 2, cross - stain[0])
        pixels += stain[2] * np.exp(-np.log(2) * (2 * away / stain[1]) ** 2)
    return Frame(np.rint(pixels).clip(0, 255).astype(np.uint8))


def told_in(frame, line, source):
    regions = look(frame, line.calibration, RECIPE).candidates.regions
    return [region.box for region in regions if region.source is source]


@pytest.mark.parametrize(("width", "grey"), [(4, 2), (8, 1.5), (24, 1), (40, 1), (80, 4)])
def test_a_streak_is_about_as_wide_as_it_was_drawn(graphite, width, grey) -> None:
    (box,) = told_in(streaked(graphite, (400, width, grey)), graphite, Source.STREAK)
    assert abs(box.left - 400) <= 3
    assert abs(box.right - 400 - width) <= 3


@pytest.mark.parametrize("other", [(412, 6, 2.5), (416, 6, 2), (412, 6, -2.5)])
def test_streaks_side_by_side_are_all_told(graphite, other) -> None:
    regions = look(streaked(graphite, (400, 6, 4), other), graphite.calibration, RECIPE).candidates.regions
    for left, width, _ in ((400, 6, 4), other):
        assert any(region.box.left <= left + 1 and region.box.right >= left + width - 1 for region in regions)


@pytest.mark.parametrize("left", [397, 430])
def test_a_streak_does_not_hide_the_stain_it_crosses(graphite, left) -> None:
    frame = streaked(graphite, (left, 6, 3), stain=(400, 150, 3))
    boxes = [region.box for region in look(frame, graphite.calibration, RECIPE).candidates.regions]
    assert max(box.width for box in boxes if box.left <= 400 < box.right) > 80


def test_a_strong_streak_makes_no_stain(graphite) -> None:
    assert told_in(streaked(graphite, (400, 6, 2.5)), graphite, Source.WIDE) == []
