"""What is old goes, tier by tier; what is recorded stays."""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from databases import Database
from records import entry

from service.frame_numbers import number_at
from service.picture_files import SHARDS, PictureFiles, Tier
from service.retention import Retention
from service.settings import Settings
from service.store import reads
from service.store.store import Store

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
DAY_S = 86_400.0


def days_ago(days: float) -> float:
    return NOON.timestamp() - days * DAY_S


def keep(files: PictureFiles, first_byte: int, tier: Tier, days: float) -> bytes:
    pixel_hash = bytes([first_byte] * 16)
    files.keep(pixel_hash, np.zeros((4, 4), np.uint8), tier)
    (path,) = (files._folder / tier).rglob(f"{pixel_hash.hex()}.*")
    os.utime(path, (days_ago(days), days_ago(days)))
    return pixel_hash


def retention(store: Store, files: PictureFiles, folder: Path, **more: Any) -> Retention:
    settings = Settings(data_dir=folder, **more.pop("settings", {}))
    return Retention(settings, store, files, **{"clock": lambda: NOON, "timer": lambda: 0.0, **more})


def a_round(kept: Retention) -> None:
    for _ in range(SHARDS * len(Tier)):
        kept.step()


def test_each_tier_goes_by_its_own_age(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path)
    old = keep(files, 1, Tier.PASSED, 8)
    young = keep(files, 1, Tier.FLAGGED, 8), keep(files, 2, Tier.PASSED, 6), keep(files, 3, Tier.FLAGGED, 29)
    very_old = keep(files, 255, Tier.FLAGGED, 31)
    with Store(tmp_path) as store:
        kept = retention(store, files, tmp_path)
        a_round(kept)
    assert not (tmp_path / "images" / "passed" / "01" / f"{old.hex()}.npy.zst").exists()
    assert not files.has(very_old)
    assert all(files.has(each) for each in young)
    assert kept.pruned_pictures == 2


def test_a_picture_that_a_newer_frame_needs_stays(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path)
    again = keep(files, 7, Tier.FLAGGED, 100)
    files.keep(again, np.zeros((4, 4), np.uint8), Tier.FLAGGED)
    with Store(tmp_path) as store:
        a_round(retention(store, files, tmp_path, clock=lambda: datetime.now(UTC)))
    assert files.has(again)


def test_crops_go_in_small_groups_and_records_stay(tmp_path: Path) -> None:
    files, year = PictureFiles(tmp_path), 365
    with Store(tmp_path) as store:
        for sequence in range(450):
            store.keep_frame(entry(sequence, number=number_at(days_ago(year + 1)) + sequence, defects=1))
        store.keep_frame(entry(450, number=number_at(days_ago(year - 1)), defects=2)).result(30)
        kept = retention(store, files, tmp_path)
        pruned = [(kept.step(), kept.pruned_crops)[1] for _ in range(4)]
        assert pruned == [200, 400, 450, 450]
        assert len(store.read(partial(reads.latest_frames, limit=1000))) == 451
    assert Database(tmp_path).asked("SELECT length(pictures) FROM crops") == [(2 * 4096,)]
    assert Database(tmp_path).asked("SELECT count(*) FROM defects") == [(452,)]
    assert Database(tmp_path).asked("SELECT sum(count) FROM metre_counts") == [(452,)]


def test_what_is_kept_for_ever_never_goes(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path)
    ancient = keep(files, 9, Tier.FLAGGED, 20_000)
    ever = dict.fromkeys(("keep_passed_pictures_days", "keep_flagged_pictures_days", "keep_crops_days"), float("inf"))
    with Store(tmp_path) as store:
        store.keep_frame(entry(0, number=1, defects=1)).result(5)
        kept = retention(store, files, tmp_path, settings=ever)
        a_round(kept)
    assert files.has(ancient)
    assert (kept.pruned_crops, kept.pruned_pictures) == (0, 0)


def test_a_clock_that_jumps_ahead_removes_nothing_early(tmp_path: Path) -> None:
    files, moments = PictureFiles(tmp_path), iter([NOON])
    young = keep(files, 3, Tier.FLAGGED, 1)
    with Store(tmp_path) as store:
        jumped = NOON + timedelta(days=700)
        kept = retention(store, files, tmp_path, clock=lambda: next(moments, jumped), timer=lambda: 60.0)
        a_round(kept)
    assert files.has(young)


def test_pictures_of_the_time_before_tiers_are_found_as_flagged(tmp_path: Path) -> None:
    old = PictureFiles(tmp_path)
    keep(old, 0xAB, Tier.FLAGGED, 1)
    (tmp_path / "images" / "flagged" / "ab").rename(tmp_path / "images" / "ab")
    assert PictureFiles(tmp_path).load(bytes([0xAB] * 16)) is not None
