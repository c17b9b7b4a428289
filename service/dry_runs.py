"""Dry runs that are asked for over the network, each in a process of its own: a station's frames do not wait for them.

One at a time, at low priority, and none for long: a roll that takes longer is one for the command line.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping

from service.errors import DryRunFailed, DryRunTooLong, TooManyDryRuns
from service.settings import Settings

_LONGEST_S = 300.0
_LONGEST_COMPLAINT = 500


class DryRuns:
    """Runs one dry run at a time; belongs to the event loop.

    Parameters
    ----------
    settings : Settings
    longest_s : float
        After which one is given up.
    """

    def __init__(self, settings: Settings, longest_s: float = _LONGEST_S) -> None:
        self._settings, self._longest_s, self._under_way = settings, longest_s, False

    async def run(self, roll_id: str, text: str) -> bytes:
        """Judge a roll by a recipe; return the answer as JSON.

        Parameters
        ----------
        roll_id : str
        text : str
            The recipe's, checked before.

        Raises
        ------
        TooManyDryRuns
            Another one is under way.
        DryRunTooLong
            It was given up.
        DryRunFailed
        """
        if self._under_way:
            raise TooManyDryRuns("expected no other dry run to be under way, one is: try again later")
        self._under_way = True
        try:
            return await self._run(roll_id, text)
        finally:
            self._under_way = False

    async def _run(self, roll_id: str, text: str) -> bytes:
        process = await self._started(roll_id)
        try:
            async with asyncio.timeout(self._longest_s):
                answer, complaint = await process.communicate(text.encode())
        except TimeoutError:
            raise DryRunTooLong(
                f"expected a dry run within {self._longest_s:g} s, it took longer: run coatsight recipe dry-run instead"
            ) from None
        finally:
            # Also where whoever asked has gone.
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise DryRunFailed(complaint.decode(errors="replace").strip()[-_LONGEST_COMPLAINT:])
        return answer

    async def _started(self, roll_id: str) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "service.dry_run_process", str(self._settings.data_dir), roll_id),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(self._settings),
        )


def _environment(settings: Settings) -> Mapping[str, str]:
    """What tells the process where this station's records and model are."""
    told = dict(os.environ)
    if settings.store_address:
        told["COATSIGHT_STORE_URL"] = settings.store_address
    if settings.model:
        told["COATSIGHT_MODEL"] = str(settings.model.resolve())
    return told
