"""A roll under another recipe: what must change changes, nothing else does, and nobody pretends to know more."""

import json
import shutil
from dataclasses import asdict, replace
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
from inspection.verdict import Verdict
from inspection.zones import Zone
from models.registry import shipped_model
from service.calibrations import calibration_folder
from service.errors import UnknownRoll
from service.picture_files import PictureFiles, Tier
from service.rollbook.dry_run import FILTERS, dry_run
from service.rollbook.dry_run_answers import DryRun
from service.settings import Settings
from service.store.beside import reading
from service.store.store import Store
from service.workbench import pixel_hash

DEFAULT = default_recipe()
ZONED = KindRule(
    Severity.MINOR,
    (Limit("area_mm2", 0.5, Severity.MAJOR, Zone.EDGE), Limit("per_m2", 5000.0, Severity.CRITICAL, Zone.INNER)),
)


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


def test_headings_that_judge_only_whole_rolls_are_named_as_not_tried(tmp_path: Path) -> None:
    keep_roll(tmp_path, [judged([found(Kind.STAIN, 0)], DEFAULT)])
    told = tried(tmp_path, replace(DEFAULT, roll=replace(DEFAULT.roll, margin_mm=5000.0)))
    assert told.coverage.not_tried == ("roll",)
    assert "roll is not tried" in told.coverage.told
    assert tried(tmp_path, DEFAULT).coverage.not_tried == ()


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
