"""Synthetic webs: what they call truth is what they draw."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from inspection.defect import Kind
from inspection.errors import InputError
from inspection.synthetic.kinds import DEFECTS
from inspection.synthetic.order import Plan
from inspection.synthetic.plan import (
    clean,
    exactly,
    kinds,
    line_mix,
    look_alikes,
    mixed,
    probe_points,
    probe_stains,
    probe_streaks,
    roll_mark,
    roll_marks,
)
from inspection.synthetic.product import HELD_OUT, PRODUCTS, Product
from inspection.synthetic.rollers import marking_rollers
from inspection.synthetic.web import SyntheticWeb

GRAPHITE = PRODUCTS["graphite"]
EVERY = {**PRODUCTS, **HELD_OUT}


def small(product: Product = GRAPHITE, seed: int = 1, plan: Plan | None = None, **how: int) -> SyntheticWeb:
    return SyntheticWeb(product, seed, plan=plan or clean(), **{"columns": 1024, "rows": 512, **how})


def smooth(product: Product) -> Product:
    return replace(product, grain_sigma=0, roll_sigma=0, foil_sigma=0, foil_line_sigma=0)


def test_the_same_seed_gives_the_same_frame_in_any_order() -> None:
    one, other = small(plan=mixed(3)), small(plan=mixed(3))
    later = one.frame(5)
    one.frame(2)
    other.frame(2)
    np.testing.assert_array_equal(later.frame.pixels, other.frame(5).frame.pixels)
    assert [d.box for d in later.truth.defects] == [d.box for d in one.truth(5).defects]
    assert [d.box for d in later.truth.defects] == [d.box for d in other.truth(5).defects]


def test_frames_differ_from_each_other_and_between_seeds() -> None:
    web = small()
    first = web.frame(0).frame.pixels
    assert (first != web.frame(1).frame.pixels).mean() > 0.5
    assert (first != small(seed=2).frame(0).frame.pixels).mean() > 0.5


def test_frames_iterate_from_where_they_are_asked_to() -> None:
    web = small()
    frames = web.frames(start=3)
    for index in (3, 4):
        np.testing.assert_array_equal(next(frames).frame.pixels, web.frame(index).frame.pixels)


def test_webs_before_one_camera_share_its_columns() -> None:
    one, other, elsewhere = small(seed=1, camera_seed=9), small(seed=2, camera_seed=9), small(seed=2)
    np.testing.assert_array_equal(one.scene.camera.gain, other.scene.camera.gain)
    assert np.abs(one.scene.camera.gain - elsewhere.scene.camera.gain).max() > 0.005


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (10, np.uint16), (12, np.uint16), (16, np.uint16)])
def test_depth_sets_scale_and_nothing_else(bits: int, dtype: type) -> None:
    frame = small(bits=bits).frame(0).frame
    assert frame.pixels.dtype == dtype
    assert frame.bits == bits
    shallow = small(bits=8).frame(0).frame
    assert frame.pixels.mean() / frame.full_scale_gl == pytest.approx(
        shallow.pixels.mean() / shallow.full_scale_gl, abs=2e-3
    )


@pytest.mark.parametrize("kind", [*DEFECTS, Kind.SPLICE])
def test_every_kind_is_drawn_where_truth_says(kind: Kind) -> None:
    web = small(plan=kinds(kind, 2), seed=4)
    truth = web.truth(0)
    seen = truth.events if kind is Kind.SPLICE else truth.defects
    assert [defect.kind for defect in seen] == [kind, kind]
    changed = np.abs(web.signal(0) - small(seed=4).signal(0)) > 0.004
    for defect in seen:
        assert defect.mask.shape == (defect.box.height, defect.box.width)
        assert defect.mask[0].any()
        assert defect.mask[:, 0].any()
        assert 0 <= defect.box.top < defect.box.bottom <= 512
        assert 0 <= defect.box.left < defect.box.right <= 1024
        assert defect.length_mm == pytest.approx(defect.box.height * 0.05)
        if kind not in (Kind.STAIN, Kind.EDGE_DEFECT):
            assert changed[defect.box.window][defect.mask].mean() > 0.6


@pytest.mark.parametrize("name", EVERY)
def test_every_product_shows_foil_at_its_rims_and_between_its_lanes(name: str) -> None:
    product = EVERY[name]
    truth = SyntheticWeb(product, 3, columns=4096, rows=64, plan=clean()).truth(0)
    edges = truth.edges_px
    assert edges.shape == (product.lanes, 2, 64)
    assert edges[0, 0].min() >= 60
    assert edges[-1, 1].max() <= 4096 - 60
    assert np.all(edges[1:, 0] - edges[:-1, 1] >= 80)


@pytest.mark.parametrize("plan", [clean(), kinds(Kind.EDGE_DEFECT, 3)])
def test_edges_lie_where_truth_says_to_a_hundredth_of_a_pixel(plan: Plan) -> None:
    web = small(smooth(GRAPHITE), plan=plan)
    signal = web.signal(7) / web.scene.camera.gain
    edges = web.truth(7).edges_px
    for left, right in edges:
        middle = (left.mean() + right.mean()) / 2
        foil, coating = signal[:, :8].mean(axis=1), signal[:, int(middle) : int(middle) + 8].mean(axis=1)
        begin, end = int(left.min()) - 12, int(middle)
        coated = ((foil[:, None] - signal[:, begin:end]) / (foil - coating)[:, None]).sum(axis=1)
        assert np.abs(end - coated - left).max() < 0.01


def test_edges_go_on_over_the_seam_while_the_web_wanders() -> None:
    web = SyntheticWeb(GRAPHITE, 1, columns=1024, rows=64, plan=clean())
    above, below = (web.truth(index).edges_px for index in (0, 1))
    assert np.abs(above[..., -1] - below[..., 0]).max() < 0.01
    far = web.truth(3000).edges_px
    assert 0.5 < np.abs(far - above).max() < 15


def test_a_defect_cut_by_a_seam_goes_on_in_the_next_frame() -> None:
    web = small(smooth(GRAPHITE), seed=2, plan=mixed(6))
    cut = 0
    for index in range(6):
        above, below = web.truth(index), web.truth(index + 1)
        at_bottom = {d.identity: d for d in above.defects if d.box.bottom == 512 and d.kind is not Kind.EDGE_DEFECT}
        for defect in (d for d in below.defects if d.identity in at_bottom and d.box.top == 0):
            before = at_bottom[defect.identity]
            assert before.kind is defect.kind
            assert before.lane == defect.lane
            last = set(np.flatnonzero(before.mask[-1]) + before.box.left)
            first = set(np.flatnonzero(defect.mask[0]) + defect.box.left)
            near = {column + step for column in last for step in range(-4, 5)}
            assert first & near
            cut += 1
    assert cut >= 3


def test_streaks_run_for_several_frames() -> None:
    web = small(plan=mixed(4), rows=256)
    frames_by_streak: dict[int, int] = {}
    for index in range(25):
        for defect in web.truth(index).defects:
            if defect.kind is Kind.STREAK:
                frames_by_streak[defect.identity] = frames_by_streak.get(defect.identity, 0) + 1
    assert max(frames_by_streak.values()) > 4


@pytest.mark.parametrize("bright", [True, False])
def test_probe_points_have_the_ordered_strength_in_the_picture(bright: bool) -> None:
    plain, probed = small(bits=12), small(bits=12, plan=probe_points(8.0, (1.5, 4.0), 6, bright))
    truth = probed.truth(0)
    assert len(truth.defects) == 6
    assert [defect.peak_sigma for defect in truth.defects] == pytest.approx([8.0] * 6, rel=0.02)
    assert all((defect.contrast_sigma > 0) == bright for defect in truth.defects)
    means = cv2.blur(probed.signal(0) - plain.signal(0), (3, 3))
    for defect in truth.defects:
        noise = cv2.blur(plain.frame(0).frame.pixels.astype(np.float32), (3, 3)) / 4095
        column = int(defect.box.centre[1])
        around = noise[:, column - 20 : column + 20] - noise[:, column - 20 : column + 20].mean(axis=1, keepdims=True)
        around = around - around.mean(axis=0)
        strength = np.abs(means[defect.box.window]).max() / around.std()
        assert strength == pytest.approx(8.0, rel=0.12)


def test_probe_points_keep_apart_and_off_the_edges() -> None:
    truth = SyntheticWeb(GRAPHITE, 1, rows=512, columns=2048, plan=probe_points(7, (1.5, 3), 25)).truth(0)
    boxes = [defect.box for defect in truth.defects]
    assert len(boxes) == 25
    assert min(one.gap_to(other) for n, one in enumerate(boxes) for other in boxes[:n]) >= 30
    for defect in truth.defects:
        lane = truth.edges_px[defect.lane - 1]
        assert lane[0].max() + 30 < defect.box.left < defect.box.right < lane[1].min() - 30


def test_a_probe_streak_runs_down_the_whole_frame() -> None:
    for web_plan, sigma in ((probe_streaks(0.5, 4), 0.5), (probe_streaks(2.0, 12), 2.0)):
        (streak,) = small(plan=web_plan).truth(3).defects
        assert streak.box.height == 512
        assert abs(streak.contrast_sigma) == pytest.approx(sigma, rel=0.3)


def test_probe_stains_are_as_wide_and_faint_as_ordered() -> None:
    truth = small(plan=probe_stains(0.8, 50, 3)).truth(0)
    assert len(truth.defects) == 3
    for stain in truth.defects:
        assert stain.box.width == pytest.approx(50 * np.sqrt(2), abs=3)
        assert 0.3 < abs(stain.contrast_sigma) < 0.8


def test_a_roll_mark_comes_back_after_each_turn() -> None:
    web = small(plan=roll_mark(circumference_mm=31.4), rows=256)
    marks = {}
    for index in range(12):
        for mark in web.truth(index).defects:
            marks.setdefault(mark.identity, (index * 256 + mark.box.top, mark.box.left))
    rows = sorted(row for row, _ in marks.values())
    assert len(rows) >= 4
    assert np.diff(rows) == pytest.approx(31.4 / 0.05, abs=1)
    assert np.ptp([column for _, column in marks.values()]) <= 1


def test_several_rollers_mark_the_web_each_at_its_pitch_and_miss_the_turns_they_are_told_to() -> None:
    circumferences, rows = (14.0, 23.0), 256
    web = small(plan=roll_marks(circumferences, missed=0.3), rows=rows)
    tops: dict[int, int] = {}
    for index in range(20):
        for mark in web.truth(index).defects:
            tops.setdefault(mark.identity, index * rows + mark.box.top)
    drawn_mm = sorted(top * 0.05 for top in tops.values())
    rollers = marking_rollers(web.scene.seed, circumferences, 0.3)
    told_mm = [roller.marks_mm(0, 20 * rows * 0.05) for roller in rollers]
    assert drawn_mm == pytest.approx(sorted(told_mm[0] + told_mm[1]), abs=0.11)
    for roller, marks_mm in zip(rollers, told_mm, strict=True):
        turns = (np.array(marks_mm) - roller.phase_mm) / roller.circumference_mm
        assert turns == pytest.approx(np.round(turns))
        assert 1 < np.diff(turns).max() < 9


def test_as_many_other_defects_lie_between_marks_as_told() -> None:
    web = small(plan=roll_marks((), others_per_100_m=10_000), rows=256)
    seen = {defect.identity for index in range(40) for defect in web.truth(index).defects}
    assert len(seen) == pytest.approx(10_000 * 40 * 256 * 0.05 / 1e5, rel=0.4)


def test_look_alikes_hide_no_defect_and_stay_faint() -> None:
    web, plain = small(plan=look_alikes()), small()
    truth = web.truth(0)
    assert truth.defects == ()
    assert len(truth.look_alikes) > len(plain.truth(0).look_alikes) >= 1
    drift = [web.signal(index).mean() / plain.signal(index).mean() for index in (0, 75, 150, 225)]
    assert 0.03 < np.ptp(drift) < 0.07


def test_a_line_is_mostly_clean() -> None:
    web = SyntheticWeb(GRAPHITE, 1, columns=600, rows=64, plan=line_mix())
    counts = np.array([len(web.truth(index).defects) for index in range(300)])
    assert 0.9 < (counts == 0).mean() < 0.99
    assert set(np.unique(counts)) <= {0, 1, *range(15, 21)}


def test_exactly_so_many_defects_lie_wholly_in_each_frame() -> None:
    web = SyntheticWeb(GRAPHITE, 5, columns=2048, rows=1024, plan=exactly(9))
    assert [len(web.truth(index).defects) for index in range(3)] == [9, 9, 9]


def test_skip_coating_is_bare_between_its_patches() -> None:
    product = replace(smooth(PRODUCTS["graphite_skip"]), skip=(20.0, 6.0))
    web = small(product, plan=kinds(Kind.BLISTER, 4))
    truth = web.truth(2)
    lane = truth.edges_px[0].mean(axis=1)
    column = web.signal(2)[:, int(lane[0]) + 12] / web.signal(2)[:, 4]
    coated = np.zeros(512, bool)
    for start, end in truth.patches:
        coated[int(np.ceil(start)) + 4 : int(end) - 4] = True
    assert 250 < coated.sum() < 512 - 60
    assert column[coated].max() < 0.6
    assert (column > 0.9).sum() > 60
    for defect in truth.defects:
        assert any(start <= defect.box.top and defect.box.bottom <= end for start, end in truth.patches)


def test_noise_is_fresh_in_every_frame() -> None:
    web = small(smooth(GRAPHITE), bits=12)
    residues = [web.frame(index).frame.pixels - web.signal(index) * 4095 for index in (0, 1)]
    inside = (slice(None), slice(150, 400))
    one, other = (residue[inside].ravel() for residue in residues)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02
    assert one.std() == pytest.approx(np.sqrt(0.24 / 20_000 + 0.0012**2) * 4095, rel=0.1)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: small(columns=200), "wider frame"),
        (lambda: small(bits=7), "8 to 16 bits"),
        (lambda: small(seed=-1), "from 0"),
        (lambda: small().frame(-1), "from 0"),
        (lambda: kinds(Kind.UNKNOWN, 1), "can be drawn"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_advice(make, told: str) -> None:
    with pytest.raises(InputError, match=told):
        make()
