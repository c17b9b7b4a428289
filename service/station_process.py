"""A station in a process of its own on this machine: started, waited for, stopped or killed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from inspection.errors import CoatsightError
from service.simulator import is_ready

HOST: Final = "127.0.0.1"
STORE_URL: Final = "COATSIGHT_STORE_URL"

_START_S = 120.0
"""The first start compiles kernels."""

_STOP_S = 20.0


class StationProcess:
    """Runs `coatsight serve`, or another module that takes the same options.

    Parameters
    ----------
    folder : Path
        The station's data; its log lies there too unless told otherwise.
    port : int
        0 takes any free one, the same at each start.
    environment : mapping
        Settings beside those of this process's own environment. `COATSIGHT_STORE_URL` counts only from here: frames
        that are drawn for a drill or a demo never get among a plant's records, where nobody could take them out.
    module : sequence of str
    log : Path, optional

    Attributes
    ----------
    url : str
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        environment: Mapping[str, str] | None = None,
        module: Sequence[str] = ("service.cli", "serve"),
        log: Path | None = None,
    ) -> None:
        port = port or free_port()
        self.url, self._log = f"http://{HOST}:{port}", log or folder / "station.log"
        options = ["--host", HOST, "--port", str(port), "--data", str(folder)]
        self._command = [sys.executable, "-m", *module, *options]
        inherited = {name: value for name, value in os.environ.items() if name != STORE_URL}
        self._environment = inherited | dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        return self._process.pid if self._process else 0

    def start(self) -> float:
        """Start it; return the seconds until it was ready.

        Raises
        ------
        CoatsightError
            It ended, or was not ready in time.
        """
        begun = time.monotonic()
        with self._log.open("ab") as output:
            # A session of its own: Ctrl-C reaches the cameras first, the station when all is answered.
            self._process = subprocess.Popen(
                self._command, stdout=output, stderr=output, start_new_session=True, env=self._environment
            )
        while not is_ready(self.url):
            if self._process.poll() is not None or time.monotonic() > begun + _START_S:
                raise CoatsightError(f"expected the station to start, it did not; its last words: {self._last_words()}")
            time.sleep(0.05)
        return time.monotonic() - begun

    def kill(self) -> None:
        """Kill -9, without a chance to finish anything."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask it to finish; end whatever does not."""
        if not self._process:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _last_words(self) -> str:
        return (self._log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"])[0]

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
