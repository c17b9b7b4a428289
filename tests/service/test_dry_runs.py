"""Dry runs over the network: each in a process of its own, one at a time, none for long."""

import asyncio
from pathlib import Path

import pytest
from judged_rolls import judged, keep_roll

from inspection.recipe import default_recipe
from inspection.recipe_text import example
from service.dry_runs import DryRuns
from service.errors import DryRunFailed, DryRunTooLong, TooManyDryRuns
from service.settings import Settings


def test_one_at_a_time_and_the_next_one_when_it_is_done(tmp_path: Path) -> None:
    keep_roll(tmp_path, [judged([], default_recipe())])
    dry_runs = DryRuns(Settings(data_dir=tmp_path))

    async def ask() -> tuple[bytes, bytes]:
        first = asyncio.create_task(dry_runs.run("R1", example()))
        await asyncio.sleep(0)
        with pytest.raises(TooManyDryRuns):
            await dry_runs.run("R1", example())
        return await first, await dry_runs.run("R1", example())

    once, again = asyncio.run(ask())
    assert once == again
    assert b'"frames_changed": 0' in once


def test_one_that_takes_too_long_is_given_up_and_is_in_nobody_s_way(tmp_path: Path) -> None:
    keep_roll(tmp_path, [judged([], default_recipe())])
    dry_runs = DryRuns(Settings(data_dir=tmp_path), longest_s=0.01)

    async def ask() -> None:
        for _ in range(2):
            with pytest.raises(DryRunTooLong, match="coatsight recipe dry-run"):
                await dry_runs.run("R1", example())

    asyncio.run(ask())


def test_one_that_fails_says_why(tmp_path: Path) -> None:
    keep_roll(tmp_path, [judged([], default_recipe())])
    with pytest.raises(DryRunFailed, match="R2"):
        asyncio.run(DryRuns(Settings(data_dir=tmp_path)).run("R2", example()))
