"""A roll under another recipe: what must change changes, nothing else does, and nobody pretends to know more."""

import json
import shutil
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from databases import Database
from fakes import draw
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from judged_rolls import (
    COLUMNS,
    LENGTH_MM,
    MM,
    PLACEMENT,
    ROWS,
    entry_of,
    found,
    judged,
    keep_roll,
    open_roll,
    shipped,
)

from inspection.calibrating import calibrate
from inspection.classification import load_classifier
from inspection.costs import CostSettings, KindCost
from inspection.defect import Finding, Kind, Severity
from inspection.frame import Frame
from inspection.limits import KindRule, Limit
from inspection.pipeline import Inspector
from inspection.recipe import Recipe, default_recipe
from inspection.record import FrameRecord, held
from inspection.regions import RegionSettings
from inspection.roll.density import DensityRule, DensitySettings
from inspection.roll.lanes import LaneSettings, PlannedLane, Tolerance
from inspection.roll.roll_settings import RollSettings
from inspection.roll.rollers import RepeatSettings
from inspection.verdict import Verdict
from inspection.zones import Zone
from models.registry import shipped_model
from service.calibrations import calibration_folder
from service.errors import UnknownRoll
from service.picture_files import PictureFiles, Tier
from service.rollbook import dry_run_rolls
from service.rollbook.dry_run import FILTERS, dry_run
from service.rollbook.dry_run_answers import CutsLeftOut, DryRun
from service.rollbook.dry_run_sides import Sides
from service.rollbook.opened import opened_roll
from service.rollbook.quality import judged_roll
from service.rollbook.replaying import replay
from service.settings import Settings
from service.store.beside import reading
from service.store.store import Store
from service.workbench import pixel_hash

DEFAULT = default_recipe()
ZONED = KindRule(
    Severity.MINOR,
    (Limit("area_mm2", 0.5, Severity.MAJOR, Zone.EDGE), Limit("per_m2", 5000.0, Severity.CRITICAL, Zone.INNER)),
)

STRICT = KindRule(Severity.MINOR, (Limit("length_mm", 1.0, Severity.MAJOR),))


def recipe_with(kind: Kind, rule: KindRule, version: int = 2, **more: object) -> Recipe:
    verdict = replace(DEFAULT.verdict, kinds={**DEFAULT.verdict.kinds, kind: rule}, **more)
    return replace(DEFAULT, version=version, verdict=verdict)


def tried(folder: Path, recipe: Recipe, url: str | None = None) -> DryRun:
    settings = Settings(data_dir=folder, store_url=url)
    with pytest.MonkeyPatch.context() as patch:
        if url:
            patch.setenv("COATSIGHT_STORE_URL", url)
        with reading(folder) as connection:
            return dry_run(connection, "R1", recipe, settings)


def numbers(told: DryRun) -> list[int]:
    return [each.sequence for each in told.frames]


def mixed_roll(recipe: Recipe) -> list[FrameRecord]:
    """Points, streaks, splices, holds and clean frames, at random."""
    generator = np.random.default_rng(3)
    records = []
    for sequence in range(120):
        kinds = generator.choice([*Kind], generator.choice([0, 0, 1, 6]))
        findings: list[Finding] = [
            found(
                Kind(kind),
                sequence,
                left=int(generator.integers(10, 480)),
                lane=int(generator.integers(0, 2)) or None,
                size=tuple(int(size) for size in generator.integers(2, 30, 2)),
            )
            for kind in kinds
        ]
        if 40 <= sequence < 80:
            findings.append(found(Kind.STREAK, sequence, left=200, size=(ROWS, 4)))
        holds = ["too dark"] if sequence % 17 == 0 else []
        records.append(judged(findings, recipe, holds, ["camera froze"] if sequence % 29 == 0 else []))
    return records


@pytest.mark.parametrize("recipe", [DEFAULT, recipe_with(Kind.STAIN, ZONED, review_unlike_above=2.0)])
def test_the_same_recipe_changes_nothing(database: Database, recipe: Recipe) -> None:
    records = mixed_roll(recipe)
    keep_roll(database.folder, records, recipe, database.url)
    told = tried(database.folder, recipe, database.url)
    assert (told.frames_changed, told.frames, told.stretches, told.metres, told.recipe_changes) == (0, (), (), (), ())
    assert all(each.before == each.after for each in told.defects)
    assert (told.coverage.disagreeing, told.coverage.as_recorded) == (0, 0)
    for count in told.verdicts:
        wanted = sum(record.verdict is count.verdict for record in records)
        assert (count.frames_before, count.frames_after) == (wanted, wanted)
        assert count.metres_before == count.metres_after == pytest.approx(wanted * LENGTH_MM / 1e3, abs=1e-3)


def test_a_limit_changes_exactly_the_frames_that_it_must(database: Database) -> None:
    sides = [4, 10, 20, 21, 22, 5, 30, 3]
    keep_roll(
        database.folder,
        [judged([found(Kind.STAIN, n, size=(side, side))], DEFAULT) for n, side in enumerate(sides)],
        url=database.url,
    )
    above = (20.5 * MM) ** 2
    told = tried(
        database.folder, recipe_with(Kind.STAIN, KindRule(Severity.MINOR, (Limit("area_mm2", above, Severity.MAJOR),))),
        database.url,
    )  # fmt: skip
    assert numbers(told) == [3, 4, 6]
    assert {(each.before, each.after, each.source) for each in told.frames} == {("warn", "reject", "record")}
    assert all("stain" in each.reasons[0] and ">" in each.reasons[0] for each in told.frames)
    stretches = [(each.frames, round(each.from_mm, 6), round(each.to_mm, 6)) for each in told.stretches]
    assert stretches == [
        (2, round(3 * LENGTH_MM, 6), round(5 * LENGTH_MM, 6)),
        (1, round(6 * LENGTH_MM, 6), round(7 * LENGTH_MM, 6)),
    ]
    counts = {(each.lane, each.kind, each.severity): (each.before, each.after) for each in told.defects}
    assert counts == {(1, "stain", "minor"): (8, 5), (1, "stain", "major"): (0, 3)}
    assert {(each.metre, each.severity): (each.before, each.after) for each in told.metres} == {
        (0, "minor"): (8, 5),
        (0, "major"): (0, 3),
    }
    assert [str(change) for change in told.recipe_changes] == [
        "version: 1 -> 2",
        f"verdict.kinds.stain.limits.area_mm2.major: not set -> {above:.12g}",
    ]


def test_a_limit_of_a_zone_changes_the_frames_that_show_something_there(tmp_path: Path) -> None:
    places = [(105, 1), (250, 1), (400, 1), (40, None)]
    keep_roll(
        tmp_path,
        [judged([found(Kind.STAIN, n, left=left, lane=lane)], DEFAULT) for n, (left, lane) in enumerate(places)],
    )
    for zone, wanted in ((Zone.EDGE, [0, 2]), (Zone.INNER, [1]), (Zone.FOIL, [3])):
        rule = KindRule(Severity.MINOR, (Limit("area_mm2", 0.01, Severity.MAJOR, zone),))
        assert numbers(tried(tmp_path, recipe_with(Kind.STAIN, rule, edge_zone_mm=1.5))) == wanted


def test_a_defect_over_many_frames_counts_once_under_either_recipe(tmp_path: Path) -> None:
    streak = [judged([found(Kind.STREAK, n, size=(ROWS, 4))], DEFAULT) for n in range(10)]
    keep_roll(tmp_path, streak)
    length_mm = 10 * LENGTH_MM
    for above, severity in ((length_mm - 1, Severity.CRITICAL), (length_mm + 1, Severity.MAJOR)):
        rule = KindRule(Severity.MAJOR, (Limit("length_mm", above, Severity.CRITICAL),))
        told = tried(tmp_path, recipe_with(Kind.STREAK, rule))
        after = {each.severity: each.after for each in told.defects if each.after}
        assert after == {severity: 1}
        assert sum(each.before for each in told.defects) == 1


def test_what_was_held_stays_held_and_says_why(tmp_path: Path) -> None:
    stain = [found(Kind.STAIN, 0)]
    keep_roll(
        tmp_path,
        [judged(stain, DEFAULT, ["too dark"]), judged([], DEFAULT, (), ["camera froze"]), judged(stain, DEFAULT)],
    )
    told = tried(tmp_path, replace(DEFAULT, verdict=replace(DEFAULT.verdict, minor=Verdict.PASS)))
    assert numbers(told) == [2]
    assert told.frames_held == 2
    assert sorted(told.held_because) == ["camera froze (1 frames)", "too dark (1 frames)"]


def test_what_a_recipe_s_own_limit_held_is_judged_by_the_other_one_s(tmp_path: Path) -> None:
    tape = found(Kind.SPLICE, 0, left=0, lane=None, size=(150, COLUMNS))
    record = judged([tape], DEFAULT)
    assert record.verdict is Verdict.HOLD
    keep_roll(tmp_path, [record])
    told = tried(tmp_path, replace(DEFAULT, verdict=replace(DEFAULT.verdict, largest_hidden_share=0.9)))
    assert [(each.before, each.after) for each in told.frames] == [("hold", "warn")]


def test_costs_are_expected_of_kinds_that_have_some_and_the_others_are_named(tmp_path: Path) -> None:
    sides = [4, 30, 30, 4]
    seen = [[found(Kind.STAIN, n, size=(side, side)), found(Kind.CRACK, n, left=400)] for n, side in enumerate(sides)]
    stains = [judged(findings, DEFAULT) for findings in seen]
    keep_roll(tmp_path, stains)
    cost = KindCost(escape=10.0, overkill=2.0, detection_rate=0.8, false_rate=0.5)
    rule = KindRule(Severity.MINOR, (Limit("area_mm2", 1.0, Severity.MAJOR),))
    told = tried(tmp_path, replace(recipe_with(Kind.STAIN, rule), costs=CostSettings({Kind.STAIN: cost})))
    (stain,) = told.costs.kinds
    # 4 found, of which 2 are true; for 0.8 that are found 0.2 are not.
    assert stain.before.missed == stain.after.missed == pytest.approx(0.5)
    assert (stain.before.let_through, stain.before.overkills) == pytest.approx((2.0, 0.0))
    assert (stain.after.let_through, stain.after.overkills) == pytest.approx((1.0, 1.0))
    assert (told.costs.before, told.costs.after) == pytest.approx((25.0, 17.0))
    assert told.costs.without == (Kind.CRACK,)


def test_without_a_calibration_frames_are_told_as_recorded(tmp_path: Path) -> None:
    keep_roll(tmp_path, [judged([found(Kind.STAIN, 0)], DEFAULT)])
    (calibration_folder(tmp_path, "cam-1") / "1.npz").unlink()
    told = tried(tmp_path, replace(DEFAULT, verdict=replace(DEFAULT.verdict, minor=Verdict.PASS)))
    assert (told.frames_changed, told.coverage.as_recorded) == (0, 1)


def test_a_record_that_its_own_recipe_contradicts_is_counted(tmp_path: Path) -> None:
    other = recipe_with(Kind.STAIN, KindRule(Severity.CRITICAL))
    keep_roll(tmp_path, [judged([found(Kind.STAIN, 0)], other), judged([found(Kind.STAIN, 1)], DEFAULT)], DEFAULT)
    assert tried(tmp_path, DEFAULT).coverage.disagreeing == 1


def test_a_roll_that_is_not_there_is_not_judged(tmp_path: Path) -> None:
    keep_roll(tmp_path, [judged([], DEFAULT)])
    with reading(tmp_path) as connection, pytest.raises(UnknownRoll):
        dry_run(connection, "R2", DEFAULT, Settings(data_dir=tmp_path))


def test_every_heading_before_the_verdict_is_a_filter() -> None:
    headings = list(asdict(DEFAULT))
    before = [name for name in headings[: headings.index("verdict")] if name not in ("name", "version", "product")]
    assert before == list(FILTERS)


def test_what_would_have_been_told_while_the_web_ran_is_named_as_not_tried(tmp_path: Path) -> None:
    keep_roll(tmp_path, [judged([found(Kind.STAIN, 0)], DEFAULT)])
    told = tried(tmp_path, replace(DEFAULT, alarms=replace(DEFAULT.alarms, streak_mm=5000.0)))
    assert told.coverage.not_tried == ("alarms",)
    assert "alarms is not tried" in told.coverage.told
    assert tried(tmp_path, DEFAULT).coverage.not_tried == ()


EVERY_MM = RollSettings(margin_mm=0, join_mm=0, shortest_piece_mm=0)
"""What is cut out is what is bad, and nothing beside it."""


def test_the_same_recipe_judges_and_cuts_the_roll_as_the_station_does(database: Database) -> None:
    recipe = replace(DEFAULT, roll=EVERY_MM, density=DensitySettings((DensityRule("per_m", 8, 500, Severity.MAJOR),)))
    keep_roll(database.folder, mixed_roll(recipe), recipe, database.url)
    told = tried(database.folder, recipe, database.url).roll
    with Store(database.folder, database.url) as store:
        judged_now = store.read(partial(judged_roll, roll_id="R1"))
    lanes = [(each.lane, each.verdict, each.reasons) for each in judged_now.verdict.lanes]
    assert [(each.lane, each.before, each.reasons_before) for each in told.lanes] == lanes
    assert [(each.lane, each.after, each.reasons_after) for each in told.lanes] == lanes
    assert list(told.cuts_before) == list(told.cuts_after) == list(judged_now.cuts)
    assert {cause for cut in told.cuts_after for cause in cut.causes} >= {"defect", "density", "held"}
    assert (told.newly_cut, told.no_longer_cut, told.newly_cut_m, told.no_longer_cut_m) == ((), (), 0, 0)


def test_what_a_limit_makes_worse_is_newly_cut_out_and_the_other_way_round(tmp_path: Path) -> None:
    old, new = (replace(recipe_with(Kind.STAIN, rule), roll=EVERY_MM) for rule in (KindRule(Severity.MINOR), STRICT))
    sides = [4, 30, 4, 30]
    stains = [[found(Kind.STAIN, n, size=(side, side))] for n, side in enumerate(sides)]
    for one, other, folder in ((old, new, tmp_path / "one"), (new, old, tmp_path / "other")):
        folder.mkdir()
        keep_roll(folder, [judged(each, one) for each in stains], one)
        told = tried(folder, other).roll
        more, less = (told.newly_cut, told.no_longer_cut) if other is new else (told.no_longer_cut, told.newly_cut)
        begins = [n * LENGTH_MM + 20 * MM for n in (1, 3)]
        assert [each.from_mm for each in more] == pytest.approx(begins)
        assert [each.to_mm for each in more] == pytest.approx([begin + 30 * MM for begin in begins])
        assert [(each.lane, each.why) for each in more] == [(1, ("major stain",))] * 2
        assert less == ()
        (lane,) = told.lanes
        cut_m = pytest.approx(60 * MM / 1e3)
        assert (lane.cut_m_before, lane.cut_m_after) == ((0, cut_m) if other is new else (cut_m, 0))
        assert (told.newly_cut_m, told.no_longer_cut_m) == ((cut_m, 0) if other is new else (0, cut_m))
        assert (len(told.cuts_before), len(told.cuts_after)) == ((0, 2) if other is new else (2, 0))


@pytest.mark.parametrize(
    ("heading", "cause"),
    [
        ({"roll": RollSettings(Severity.MINOR, margin_mm=0, join_mm=0, shortest_piece_mm=0)}, "defect"),
        ({"density": DensitySettings((DensityRule("per_m", 2, 50, Severity.MAJOR),))}, "density"),
        ({"lanes": LaneSettings((PlannedLane(5, right_mm=15),), Tolerance(1.0))}, "lane"),
        ({"repeats": RepeatSettings(shortest_pitch_mm=5)}, "repeat"),
    ],
)
def test_the_roll_is_judged_by_each_side_s_headings(tmp_path: Path, heading: dict[str, object], cause: str) -> None:
    own = replace(DEFAULT, roll=EVERY_MM)
    keep_roll(tmp_path, [judged([found(Kind.STAIN, n)], own) for n in range(9)], own)
    told = tried(tmp_path, replace(own, **heading)).roll
    assert told.cuts_before == ()
    assert {each for cut in told.cuts_after for each in cut.causes} == {cause}
    assert told.newly_cut_m > 0
    assert told.lanes[0].reasons_before != told.lanes[0].reasons_after


def test_a_frame_that_the_other_recipe_holds_is_web_that_nobody_judged(tmp_path: Path) -> None:
    tape = found(Kind.SPLICE, 1, left=0, lane=None, size=(100, COLUMNS))
    keep_roll(tmp_path, [judged([], DEFAULT), judged([tape], DEFAULT), judged([], DEFAULT)])
    told = tried(tmp_path, replace(DEFAULT, verdict=replace(DEFAULT.verdict, largest_hidden_share=0.1))).roll
    assert (told.before, told.after) == ("warn", "hold")
    assert any(reason.startswith("held: hidden") for reason in told.lanes[0].reasons_after)


def test_lists_of_cuts_are_short_and_their_metres_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(DEFAULT, roll=EVERY_MM)
    keep_roll(tmp_path, [judged([found(Kind.STAIN, n)], own) for n in range(9)], own)
    monkeypatch.setattr(dry_run_rolls, "_MOST_CUTS", 2)
    told = tried(tmp_path, replace(recipe_with(Kind.STAIN, KindRule(Severity.MAJOR)), roll=EVERY_MM)).roll
    assert (len(told.cuts_after), len(told.newly_cut)) == (2, 2)
    assert told.left_out == CutsLeftOut(cuts_before=0, cuts_after=7, newly_cut=7, no_longer_cut=0)
    assert told.newly_cut_m == told.lanes[0].cut_m_after == pytest.approx(9 * 10 * MM / 1e3)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Kind.STAIN, ZONED),
        (Kind.STREAK, KindRule(Severity.MINOR, (Limit("length_mm", 300.0, Severity.CRITICAL),))),
    ],
)
def test_joined_once_or_twice_defects_are_judged_the_same(tmp_path: Path, kind: Kind, rule: KindRule) -> None:
    recipe = recipe_with(kind, rule, review_below=0.95)
    keep_roll(tmp_path, mixed_roll(DEFAULT))
    once, twice = (Sides(DEFAULT, recipe, found_alike=alike) for alike in (True, False))
    with reading(tmp_path) as connection:
        for replayed in replay(connection, opened_roll(connection, "R1"), recipe, tmp_path, None):
            once.add(replayed)
            twice.add(replayed)
    (before, after), (again, wanted) = once.defects(), twice.defects()
    assert (before, after) == (again, wanted)
    assert before != after


ALONE = replace(DEFAULT, version=2, regions=RegionSettings(most=1))
FROZEN = 4


def drawn() -> list[Frame]:
    return [Frame(draw(seed, holes=seed % 3)) for seed in range(7)]


def inspectors() -> tuple[Inspector, Inspector]:
    calibration = calibrate([Frame(draw(seed)) for seed in range(100, 116)], PLACEMENT, camera="cam-1", version=1)
    classifier = load_classifier(shipped_model())
    then, now = (Inspector(recipe, classifier, calibration=calibration) for recipe in (DEFAULT, ALONE))
    return then, now


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A roll of which pictures of frames that did not pass are kept, as a station keeps them."""
    folder, (inspector, _) = tmp_path_factory.mktemp("seen"), inspectors()
    path = calibration_folder(folder, "cam-1") / "1.npz"
    path.parent.mkdir(parents=True)
    inspector.calibration.save(path)
    files = PictureFiles(folder)
    with Store(folder) as store:
        open_roll(store, folder, DEFAULT, shipped(), calibrated=False)
        for sequence, frame in enumerate(drawn()):
            record = inspector.inspect(frame, position_mm=sequence * LENGTH_MM).record
            record = held(record, ("camera froze",)) if sequence == FROZEN else record
            store.keep_frame(entry_of(sequence, record, pixel_hash(frame))).result(30)
            if record.verdict is not Verdict.PASS:
                files.keep(pixel_hash(frame), frame.pixels, Tier.FLAGGED)
    return folder


def test_kept_pictures_are_inspected_again_and_their_share_is_told(seen: Path) -> None:
    then, now = ([each.inspect(frame).record.verdict for frame in drawn()] for each in inspectors())
    kept = [n for n, verdict in enumerate(then) if verdict is not Verdict.PASS]
    told = tried(seen, ALONE)
    assert 0 < len(kept) < len(then)
    assert numbers(told) == [n for n in kept if then[n] is not now[n] and n != FROZEN]
    assert len(numbers(told)) >= 2
    assert {each.source for each in told.frames} == {"picture"}
    assert told.coverage.filters == ("regions",)
    assert (told.coverage.seen_frames, told.coverage.frames) == (len(kept), len(then))
    assert told.coverage.seen_metres == pytest.approx(len(kept) * LENGTH_MM / 1e3, abs=1e-4)
    assert f"{len(kept)} of {len(then)} frames" in told.coverage.told
    assert "unknown" in told.coverage.told


def test_what_held_a_frame_and_is_not_in_its_picture_holds_it_again(seen: Path) -> None:
    told = tried(seen, ALONE)
    assert "camera froze (1 frames)" in told.held_because
    assert FROZEN not in numbers(told)


def test_a_damaged_picture_is_as_one_that_was_not_kept(seen: Path, tmp_path: Path) -> None:
    shutil.copytree(seen, tmp_path / "copy")
    files = sorted((tmp_path / "copy" / "images").rglob("*.zst"))
    files[0].write_bytes(b"rubbish")
    assert tried(tmp_path / "copy", ALONE).coverage.seen_frames == len(files) - 1


def test_a_model_that_is_gone_is_said_and_no_other_looks_instead(tmp_path: Path) -> None:
    keep_roll(tmp_path, [judged([found(Kind.STAIN, 0)], DEFAULT)])
    told = tried(tmp_path, ALONE)
    assert told.coverage.seen_frames == 0
    assert "model of this roll is here no more" in told.coverage.told


def test_the_answer_is_plain_json(tmp_path: Path) -> None:
    keep_roll(tmp_path, mixed_roll(DEFAULT))
    told = tried(tmp_path, recipe_with(Kind.STAIN, ZONED))
    assert json.loads(json.dumps(asdict(told), allow_nan=False))["frames_changed"] == told.frames_changed


SIDES = range(2, 34)


@pytest.fixture(scope="module")
def stains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stains")
    keep_roll(folder, [judged([found(Kind.STAIN, n, size=(side, side))], DEFAULT) for n, side in enumerate(SIDES)])
    return folder


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["area_mm2", "length_mm", "width_mm"]), st.floats(0, 3))
def test_wherever_a_limit_lies_exactly_what_is_above_it_is_judged_otherwise(
    stains: Path, measure: str, above: float
) -> None:
    rule = KindRule(Severity.MINOR, (Limit(measure, above, Severity.MAJOR),))
    values = [(side * MM) ** 2 if measure == "area_mm2" else side * MM for side in SIDES]
    assume(all(abs(value - above) > 1e-9 for value in values))
    told = tried(stains, recipe_with(Kind.STAIN, rule))
    assert numbers(told) == [n for n, value in enumerate(values) if value > above]
    assert sum(each.frames for each in told.stretches) == told.frames_changed == len(told.frames)
