"""A PostgreSQL server of the tests' own: a cluster in a folder, on a free port of this machine, stopped and started."""

import contextlib
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

USER = "coatsight"
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
shared_buffers = 16MB
max_connections = 60
max_wal_size = 256MB
"""


class PostgresServer:
    """One cluster; durable as it comes, since what it holds is killed and looked at again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._data, self._log = programs, folder / "data", folder / "log"
        self._made = 0
        self.port = _free_port()

    def create(self) -> None:
        self._run("initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS.format(port=self.port))

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", self._data, "-l", self._log)

    def stop(self) -> None:
        """Stop it as a power cut would: nothing is finished, nobody is told."""
        self._run("pg_ctl", "stop", "-w", "-t", "60", "-m", "immediate", "-D", self._data)

    @property
    def running(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        self._made += 1
        name = f"station_{self._made}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        # What pg_ctl starts inherits its output, so that goes into no pipe that would be waited for.
        done = subprocess.run(
            _as_nobody_special(command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", check=False
        )
        assert done.returncode == 0, f"{program}: {done.stderr.decode()}"


def programs() -> Path | None:
    """Where initdb, pg_ctl and postgres are, if they are."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    return next((folder for folder in folders if (folder / "postgres").exists() and (folder / "initdb").exists()), None)


@contextmanager
def cluster(found: Path) -> Iterator[PostgresServer]:
    """A running server, gone afterwards with everything it holds."""
    # Not under pytest's folders: root's are closed to others, and root may not run a server.
    with tempfile.TemporaryDirectory(prefix="coatsight-postgres-") as name:
        folder = Path(name)
        _give_away(folder)
        server = PostgresServer(found, folder)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _as_nobody_special(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    account = pwd.getpwnam("postgres")
    ids = f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}"
    return ["setpriv", *ids, "--clear-groups", *command]


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)


def _free_port() -> int:
    """Below those that the system gives to clients: one of them could take it while the server is stopped."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
