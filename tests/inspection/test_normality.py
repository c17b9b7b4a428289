"""The opinion that needs no defects: what is unlike clean web of one product."""

from dataclasses import replace

import numpy as np
import pytest

from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.clean_windows import describe_windows, normality_of
from inspection.defect import Kind
from inspection.flat_field import FlatFieldSettings, measure_light
from inspection.geometry import Placement
from inspection.normality import DESCRIPTION, Normality, robust_moments, squared_distances
from inspection.pipeline import Inspector, light_windows, look
from inspection.recipe import default_recipe
from inspection.record import to_answer
from inspection.synthetic.plan import clean, kinds, mixed
from inspection.web import WebSettings, find_web

RECIPE = default_recipe()
SIZE = len(DESCRIPTION)


def clean_scores(line, calibration, frames=4):
    """Scores of random windows on clean webs that the calibration never saw: of coating, and of foil."""
    windows, web, rng = light_windows(calibration), line.web(seed=31), np.random.default_rng(1)
    scores = [], []
    for index in range(frames):
        pixels = web.frame(11 * index).frame.pixels
        light = measure_light(pixels, windows, FlatFieldSettings())
        seen = find_web(pixels, light, windows, calibration, WebSettings())
        for material, found in enumerate(describe_windows(pixels, light, seen, calibration, 5, rng)):
            on_foil = np.full(len(found), bool(material))
            scores[material].append(calibration.normality.scores(found, on_foil))
    return tuple(np.concatenate(of_material) for of_material in scores)


def defect_scores(line, calibration, plan, frames=3):
    """Scores of candidates that lie on what was drawn."""
    scores = []
    for index in range(frames):
        drawn = line.drawn(plan, index)
        found = look(drawn.frame, calibration, RECIPE).candidates
        boxes = [defect.box for defect in drawn.truth.defects]
        for region, score in zip(found.regions, found.unlike_product.tolist(), strict=True):
            scores += [score] * any(overlap(region.box, box) for box in boxes)
    return np.array(scores)


def overlap(one, other):
    down = min(one.bottom, other.bottom) > max(one.top, other.top)
    return down and min(one.right, other.right) > max(one.left, other.left)


@pytest.fixture(scope="module")
def spoiled(graphite):
    """Calibrated on 24 frames, every sixth of which shows about ten defects."""
    good, bad = graphite.web(clean(), seed=4), graphite.web(mixed(10), seed=4)
    frames = [(bad if n % 6 == 0 else good).frame(3 * n).frame for n in range(24)]
    return calibrate(frames, Placement())


@pytest.mark.parametrize("line", ["graphite", "deep", "skipped"])
def test_clean_windows_are_seldom_unlike_the_product(request, line) -> None:
    line = request.getfixturevalue(line)
    coating, _ = clean_scores(line, line.calibration)
    assert len(coating) > 500
    assert (coating > 1).mean() < 0.01
    assert 0.2 < np.median(coating) < 0.8


@pytest.mark.parametrize(
    "kind",
    [
        Kind.PINHOLE,
        Kind.BLISTER,
        Kind.AGGLOMERATE,
        Kind.METALLIC_PARTICLE,
        Kind.BARE_SPOT,
        Kind.CRACK,
        Kind.DELAMINATION,
    ],
)
@pytest.mark.parametrize("line", ["graphite", "deep"])
def test_defects_are_unlike_the_product_though_no_defect_was_learnt(request, line, kind) -> None:
    line = request.getfixturevalue(line)
    scores = defect_scores(line, line.calibration, kinds(kind, 3))
    assert len(scores) >= 4
    assert (scores > 1).mean() > 0.8


def test_defects_among_the_frames_do_not_make_defects_normal(graphite, spoiled) -> None:
    assert spoiled.normality.limit[0] == pytest.approx(graphite.calibration.normality.limit[0], rel=0.4)
    assert (clean_scores(graphite, spoiled)[0] > 1).mean() < 0.01
    assert (defect_scores(graphite, spoiled, kinds(Kind.CRACK, 3)) > 1).mean() > 0.8


def test_a_contrary_tenth_moves_no_moment() -> None:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(SIZE, SIZE))
    described = rng.normal(size=(4000, SIZE)) @ mixing.T + 3
    described[::10] = 60 + rng.normal(size=(400, SIZE))
    good = np.arange(4000) % 10 > 0
    mean, whitening = robust_moments(described)
    np.testing.assert_allclose(mean, np.full(SIZE, 3), atol=0.2 * np.abs(mixing).sum(axis=1).max() / SIZE)
    assert np.median(squared_distances(described[good], mean, whitening)) == pytest.approx(SIZE, rel=0.25)
    assert squared_distances(described[~good], mean, whitening).min() > 100


def random_frames(bad_frames=0):
    frames = [np.random.default_rng(seed).normal(size=(160, SIZE)) for seed in range(24)]
    for frame in frames[:bad_frames]:
        frame[::8] += 20
    return frames


NONE = [np.empty((0, SIZE))] * 24


def test_the_limit_is_that_of_one_clean_crop_in_a_thousand() -> None:
    unseen = np.random.default_rng(99).normal(size=(100_000, SIZE))
    scores = normality_of(random_frames(), NONE).scores(unseen, np.zeros(100_000, bool))
    assert 2e-4 < (scores > 1).mean() < 2e-3


def test_defects_all_over_an_eighth_of_the_frames_move_the_limit_little() -> None:
    spoiled, plain = (normality_of(random_frames(bad), NONE).limit[0] for bad in (3, 0))
    assert spoiled / plain == pytest.approx(1, abs=0.15)


def test_too_few_windows_give_no_opinion_of_that_material() -> None:
    rng = np.random.default_rng(3)
    coating, foil = ([rng.normal(size=(count, SIZE)) for _ in range(24)] for count in (100, 4))
    scores = normality_of(coating, foil).scores(np.zeros((2, SIZE)), np.array([False, True]))
    assert scores[0] < 0.2
    assert np.isnan(scores[1])


def test_even_frames_give_finite_scores() -> None:
    normality = normality_of([np.ones((100, SIZE))] * 24, [np.ones((100, SIZE))] * 24)
    assert np.isfinite(normality.scores(np.full((1, SIZE), 7.0), np.array([True]))).all()


def test_the_same_frames_give_the_same_opinion(graphite) -> None:
    frames = [graphite.drawn(index=index).frame for index in range(8)]
    one, other = (calibrate(frames, Placement()).normality for _ in range(2))
    np.testing.assert_array_equal(one.whitening, other.whitening)
    np.testing.assert_array_equal(one.limit, other.limit)


def test_few_frames_give_no_opinion(graphite) -> None:
    calibration = calibrate([graphite.drawn(index=index).frame for index in range(3)], Placement())
    assert np.isnan(calibration.normality.limit).all()


def answers(line, calibration: Calibration | None, classifier):
    inspector = Inspector(RECIPE, classifier, calibration=calibration)
    return to_answer(inspector.inspect(line.drawn(kinds(Kind.BARE_SPOT, 3)).frame).record, "f")["defects"]


def test_every_defect_is_answered_with_its_score(graphite, classifier) -> None:
    told = answers(graphite, graphite.calibration, classifier)
    assert len(told) >= 3
    assert all(defect["unlike_product"] > 1 for defect in told)


def test_a_calibration_without_it_answers_null(graphite, classifier) -> None:
    without = replace(graphite.calibration, normality=Normality.unknown())
    for calibration in (without, None):
        told = answers(graphite, calibration, classifier)
        assert told
        assert {defect["unlike_product"] for defect in told} == {None}


def test_a_candidate_in_a_bare_gap_has_no_score_and_others_have(skipped) -> None:
    found = look(skipped.drawn(kinds(Kind.FOIL_CONTAMINATION, 6)).frame, skipped.calibration, RECIPE).candidates
    assert len(found.unlike_product) == len(found.regions)
    assert all(score > 0 or np.isnan(score) for score in found.unlike_product)
