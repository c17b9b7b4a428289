"""From a frame to its record: what passes was inspected."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from inspection.defect import Kind
from inspection.errors import DeadlinePassed, ModelError, RecipeError
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.pipeline import NOT_CALIBRATED, Inspector, light_windows, look
from inspection.recipe import default_recipe, parse_recipe
from inspection.record import CalibrationRef, to_answer
from inspection.synthetic.plan import exactly, kinds, probe_points
from inspection.verdict import Verdict

RECIPE = default_recipe()
STRONG = probe_points(14, (1.5, 4), 5)


@pytest.fixture
def inspector(graphite, classifier):
    return Inspector(RECIPE, classifier, calibration=graphite.calibration)


def hits(record, truth):
    """How many drawn defects a reported one lies on."""
    return sum(any(drawn.box.overlaps(seen.finding.box) for seen in record.defects) for drawn in truth.defects)


def plainly(inspection):
    """A record without its timing, and its pictures, comparable with ==."""
    return replace(inspection.record, timing_ms={}), inspection.crops.tobytes()


@pytest.mark.parametrize("index", range(4))
def test_a_clean_frame_passes_and_asks_no_network(graphite, inspector, network, index) -> None:
    record = inspector.inspect(graphite.drawn(index=index, seed=8).frame).record
    assert record.verdict is Verdict.PASS
    assert record.defects == record.events == record.reasons == ()
    assert network.asked == []


@pytest.mark.parametrize("line", ["graphite", "deep", "skipped"])
def test_every_strong_point_is_found_and_nothing_else(request, classifier, line) -> None:
    line = request.getfixturevalue(line)
    drawn = line.drawn(STRONG)
    record = Inspector(RECIPE, classifier, calibration=line.calibration).inspect(drawn.frame).record
    strong = [defect for defect in record.defects if abs(defect.finding.contrast_sigma) > 8]
    assert hits(record, drawn.truth) == len(drawn.truth.defects) == len(strong)
    assert record.verdict is not Verdict.PASS


def test_defects_are_told_in_web_millimetres(graphite, inspector) -> None:
    drawn = graphite.drawn(STRONG)
    record = inspector.inspect(drawn.frame, position_mm=1000.0).record
    for truth in drawn.truth.defects:
        (finding,) = [d.finding for d in record.defects if d.finding.box.overlaps(truth.box)]
        row, column = truth.box.centre
        assert finding.down_mm == pytest.approx(1000 + row * 0.05, abs=0.1)
        assert finding.cross_mm == pytest.approx(column * 0.05, abs=0.1)
        assert finding.lane == truth.lane
        assert finding.area_mm2 == pytest.approx(finding.length_mm * finding.width_mm, rel=0.7)


def test_a_mirrored_camera_counts_from_the_other_rim(graphite, classifier) -> None:
    drawn = graphite.drawn(STRONG)
    width_mm = graphite.columns * 0.05
    records = [
        Inspector(RECIPE, classifier, calibration=replace(graphite.calibration, placement=placement))
        .inspect(drawn.frame)
        .record
        for placement in (Placement(), Placement(mirrored=True))
    ]
    for plain, mirrored in zip(*(record.defects for record in records), strict=True):
        assert plain.finding.cross_mm + mirrored.finding.cross_mm == pytest.approx(width_mm)
        assert plain.finding.lane + mirrored.finding.lane == 3
    for plain, mirrored in zip(records[0].lanes, reversed(records[1].lanes), strict=True):
        assert plain.left_mm + mirrored.right_mm == pytest.approx(width_mm)
    assert [lane.lane for lane in records[1].lanes] == [1, 2]


def test_lanes_lie_where_they_were_drawn(graphite, inspector) -> None:
    drawn = graphite.drawn()
    told = [(lane.left_mm, lane.right_mm) for lane in inspector.inspect(drawn.frame).record.lanes]
    np.testing.assert_allclose(told, drawn.truth.edges_px.mean(axis=2) * 0.05, atol=0.02)


def test_the_record_names_all_that_made_it(graphite, inspector, classifier) -> None:
    record = inspector.inspect(graphite.drawn().frame, decode_ms=1.25).record
    assert record.recipe == RECIPE.ref
    assert record.calibration == CalibrationRef(3)
    assert record.model == classifier.ref
    assert list(record.timing_ms) == ["decode", "detect", "classify"]
    assert record.timing_ms["decode"] == 1.25
    assert min(record.timing_ms.values()) >= 0
    assert to_answer(record, "f")["calibrated"] is True


def test_a_classifier_that_fails_holds_the_frame_and_hides_nothing(graphite, inspector, network, monkeypatch) -> None:
    frame = graphite.drawn(STRONG).frame
    named = inspector.inspect(frame).record

    def fail(crops, features):
        raise ModelError("expected names, the runtime failed")

    monkeypatch.setattr(network, "probabilities", fail)
    record = inspector.inspect(frame).record
    assert record.verdict is Verdict.HOLD
    assert record.reasons[0] == "not named: expected names, the runtime failed"
    told = [(defect.finding.kind, defect.finding.probability, defect.finding.box) for defect in record.defects]
    assert sorted(told, key=str) == sorted(
        [(Kind.UNKNOWN, 0.0, defect.finding.box) for defect in named.defects], key=str
    )
    assert all(defect.needs_review for defect in record.defects)


def test_only_a_classifiers_own_failure_is_taken_for_a_hold(graphite, inspector, network, monkeypatch) -> None:
    monkeypatch.setattr(network, "probabilities", lambda crops, features: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        inspector.inspect(graphite.drawn(STRONG).frame)


def test_an_inspection_keeps_what_was_named_beside_what_it_was_called(graphite, inspector) -> None:
    inspection = inspector.inspect(graphite.drawn(STRONG).frame)
    assert len(inspection.order) == len(inspection.record.defects) + len(inspection.record.events) > 1
    boxes = [inspection.candidates.regions[place].box for place in inspection.order]
    assert boxes == [defect.finding.box for defect in inspection.record.defects]


def test_two_threads_give_what_one_gives(graphite, inspector) -> None:
    frames = [graphite.drawn(exactly(6), index).frame for index in range(4)] * 3
    alone = [plainly(inspector.inspect(frame)) for frame in frames]
    with ThreadPoolExecutor(2) as pool:
        together = [plainly(seen) for seen in pool.map(inspector.inspect, frames)]
    assert together == alone


def test_inspecting_leaves_the_frame_as_it_was(graphite, inspector) -> None:
    frame = graphite.drawn(exactly(6)).frame
    before = frame.pixels.copy()
    inspector.inspect(frame)
    np.testing.assert_array_equal(frame.pixels, before)


def test_pictures_stand_in_the_order_of_the_record(graphite, classifier_of) -> None:
    frame = graphite.drawn(exactly(5)).frame
    named = Inspector(RECIPE, classifier_of(pinhole=1.0), calibration=graphite.calibration).inspect(frame)
    splices = Inspector(RECIPE, classifier_of(splice=1.0), calibration=graphite.calibration).inspect(frame)
    assert len(named.crops) == len(named.record.defects) >= 5
    assert splices.record.defects == ()
    assert len(splices.record.events) == len(named.crops)
    np.testing.assert_array_equal(named.crops, splices.crops)
    assert named.crops.dtype == np.uint8
    assert named.crops.shape[1:] == (64, 64)


@pytest.mark.parametrize("plan", [None, STRONG], ids=["clean", "defective"])
def test_a_frame_without_calibration_is_held_and_its_defects_listed(graphite, classifier, plan) -> None:
    drawn = graphite.drawn(plan)
    record = Inspector(RECIPE, classifier).inspect(drawn.frame).record
    assert record.verdict is Verdict.HOLD
    assert record.reasons[0] == NOT_CALIBRATED
    assert record.calibration is None
    assert not record.calibrated
    assert hits(record, drawn.truth) == len(drawn.truth.defects)


def test_without_calibration_the_given_placement_counts(graphite, classifier) -> None:
    inspector = Inspector(RECIPE, classifier, placement=Placement(0.1, 0.1, cross_offset_mm=50))
    drawn = graphite.drawn()
    lane = inspector.inspect(drawn.frame).record.lanes[0]
    assert lane.left_mm == pytest.approx(50 + 0.1 * drawn.truth.edges_px[0, 0].mean(), abs=0.2)


@pytest.mark.parametrize("columns", [1024, 1535, 1600])
def test_a_calibration_for_another_width_holds_the_frame(graphite, inspector, columns) -> None:
    frame = replace(graphite, columns=columns).drawn().frame
    record = inspector.inspect(frame).record
    assert record.verdict is Verdict.HOLD
    assert f"for {columns} columns" in record.reasons[0]
    assert record.calibration is None


def test_a_calibration_for_another_depth_holds_the_frame(graphite, inspector) -> None:
    record = inspector.inspect(replace(graphite, bits=12).drawn().frame).record
    assert record.verdict is Verdict.HOLD
    assert "of 12 bits" in record.reasons[0]


def test_reasons_to_hold_from_outside_come_first(graphite, inspector) -> None:
    record = inspector.inspect(graphite.drawn(STRONG).frame, holds=["frozen camera"]).record
    assert record.verdict is Verdict.HOLD
    assert record.reasons[0] == "frozen camera"
    assert len(record.defects) == 5


def clock(*ticks):
    return itertools.chain(ticks, itertools.repeat(ticks[-1])).__next__


@pytest.mark.parametrize("ticks", [(0.0, 2.0), (0.0, 0.5, 2.0)], ids=["detecting", "naming"])
def test_a_deadline_that_passes_gives_no_record(graphite, classifier, ticks) -> None:
    inspector = Inspector(RECIPE, classifier, calibration=graphite.calibration, timer=clock(*ticks))
    with pytest.raises(DeadlinePassed):
        inspector.inspect(graphite.drawn().frame, deadline=1.0)


def test_a_deadline_that_is_met_costs_nothing(graphite, classifier) -> None:
    timer = clock(0.0, 0.25, 1.0)
    inspector = Inspector(RECIPE, classifier, calibration=graphite.calibration, timer=timer)
    record = inspector.inspect(graphite.drawn().frame, deadline=1.0).record
    assert record.timing_ms == {"decode": 0, "detect": 250, "classify": 750}


def flooded_by_points(graphite):
    """Noise ten times too strong everywhere."""
    pixels = graphite.drawn().frame.pixels.astype(float)
    return np.clip(pixels + np.random.default_rng(0).normal(0, 30, pixels.shape), 0, 255).astype(np.uint8)


def flooded_by_count(graphite):
    """Hundreds of dots on a grid."""
    pixels = graphite.drawn().frame.pixels.copy()
    for row, column in itertools.product(range(12, 380, 24), range(140, 1400, 24)):
        pixels[row : row + 3, column : column + 3] = 255
    return pixels


@pytest.mark.parametrize("flood", [flooded_by_points, flooded_by_count])
def test_a_flooded_frame_holds(graphite, inspector, flood) -> None:
    record = inspector.inspect(Frame(flood(graphite))).record
    assert record.verdict is Verdict.HOLD
    assert any(reason.startswith("flooded") for reason in record.reasons)
    assert len(record.defects) <= RECIPE.regions.most


def spoiled(kind, pixels):
    rng = np.random.default_rng(3)
    return {
        "black": lambda: np.zeros_like(pixels),
        "white": lambda: np.full_like(pixels, 255),
        "grey": lambda: np.full_like(pixels, 66),
        "noise": lambda: rng.integers(0, 256, pixels.shape, np.uint8),
        "dim": lambda: (pixels * 0.3).astype(np.uint8),
        "all foil": lambda: np.clip(rng.normal(155, 2, pixels.shape), 0, 255).astype(np.uint8),
        "all coating": lambda: np.clip(rng.normal(66, 3, pixels.shape), 0, 255).astype(np.uint8),
        "upside down": lambda: 255 - pixels,
        "one line": lambda: np.repeat(pixels[:1], len(pixels), axis=0),
        "half black": lambda: np.where(np.arange(len(pixels))[:, None] < 192, pixels, 0).astype(np.uint8),
        "shifted": lambda: np.roll(pixels, 300, axis=1),
        "two rows swapped in": lambda: np.vstack([pixels[:10], pixels[9:-1]]),
    }[kind]()


@pytest.mark.parametrize(
    "kind",
    [
        "black", "white", "grey", "noise", "dim", "all foil", "all coating", "upside down", "one line",
        "half black", "shifted", "two rows swapped in",
    ],
)  # fmt: skip
def test_nothing_that_is_no_good_picture_of_the_web_passes(graphite, inspector, kind) -> None:
    frame = Frame(spoiled(kind, graphite.drawn().frame.pixels))
    record = inspector.inspect(frame).record
    assert record.verdict in (Verdict.HOLD, Verdict.REJECT, Verdict.WARN)
    assert record.reasons
    to_answer(record, "f")


@pytest.mark.parametrize("kind", ["black", "white", "grey", "noise", "one line"])
def test_nothing_passes_without_calibration_either(graphite, classifier, kind) -> None:
    record = Inspector(RECIPE, classifier).inspect(Frame(spoiled(kind, graphite.drawn().frame.pixels))).record
    assert record.verdict is Verdict.HOLD
    to_answer(record, "f")


@pytest.mark.parametrize("rows", [16, 17, 23, 31, 33, 100, 383, 391, 1000])
@pytest.mark.parametrize("plan", [None, kinds(Kind.BARE_SPOT, 1)], ids=["clean", "bare"])
def test_frames_of_any_height_are_judged(graphite, inspector, rows, plan) -> None:
    drawn = graphite.drawn(plan, rows=max(rows, 300))
    frame = Frame(drawn.frame.pixels[:rows].copy())
    record = inspector.inspect(frame).record
    if plan is None:
        assert record.verdict in (Verdict.PASS, Verdict.HOLD)
    elif any(truth.box.bottom <= rows for truth in drawn.truth.defects):
        assert record.verdict is not Verdict.PASS


@pytest.mark.parametrize("columns", [16, 17, 40, 100, 333])
@pytest.mark.parametrize("rows", [16, 40, 100])
def test_frames_of_any_width_are_held_without_calibration(classifier, columns, rows) -> None:
    pixels = np.random.default_rng(columns).normal(90, 4, (rows, columns)).astype(np.uint8)
    record = Inspector(RECIPE, classifier).inspect(Frame(pixels)).record
    assert record.verdict is Verdict.HOLD


@pytest.mark.parametrize(
    "setting",
    [
        "screening]\nsensitivity = 0", "screening]\nsensitivity = -1", "screening]\nsensitivity = nan",
        "segmentation]\nlargest_flagged_share = nan", "flat_field]\nlargest_flicker = nan",
        "flat_field]\nlargest_flicker = 5", "web]\nsearch_mm = nan", "web]\nguard_px = 100000",
        "web]\nguard_px = -3", "regions]\nweak_share = nan", "regions]\nmost = -1", "regions]\nmost = 0",
    ],
)  # fmt: skip
def test_no_recipe_makes_a_bare_frame_pass(graphite, classifier, setting) -> None:
    frame = graphite.drawn(probe_points(30, (6, 10), 6)).frame
    try:
        recipe = parse_recipe(f'name = "x"\nversion = 1\n[{setting}')
    except RecipeError:
        return
    inspector = Inspector(recipe, classifier, calibration=graphite.calibration)
    assert inspector.inspect(frame).record.verdict is not Verdict.PASS


def test_windows_given_or_not_the_look_is_the_same(graphite) -> None:
    frame = graphite.drawn(STRONG).frame
    given = look(frame, graphite.calibration, RECIPE, light_windows(graphite.calibration))
    own = look(frame, graphite.calibration, RECIPE)
    np.testing.assert_array_equal(given.candidates.crops, own.candidates.crops)
    np.testing.assert_array_equal(given.candidates.features, own.candidates.features)
