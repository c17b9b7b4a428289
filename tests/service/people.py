"""Keys, users and sessions of a test's station, made as people make them: by the commands, and by the page."""

import io
import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.cli import main

PASSWORD = "correct horse battery staple"


def called(*arguments: object) -> Any:
    """Run a command that must go well; return the JSON that it prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert main([str(argument) for argument in (*arguments, "--json")]) == 0
    return json.loads(printed.getvalue())


def new_key(folder: Path, camera: str = "cam-1", role: str = "camera") -> dict[str, str]:
    return called("keys", "add", "--camera", camera, "--role", role, "--data", folder)


def bearer(key: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


def new_user(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str = "Anna", role: str = "operator") -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
        called("users", "add", name, "--role", role, "--password-stdin", "--data", folder)


def sign_in(client: httpx.Client, name: str = "Anna", password: str = PASSWORD, **more: Any) -> httpx.Response:
    return client.post("/login", data={"name": name, "password": password}, **more)


def soon(what: Callable[[], bool]) -> bool:
    """Whether something comes true; changes beside a running station take it a moment to see."""
    until = time.monotonic() + 20
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def verbs(folder: Path) -> list[str]:
    return [row["verb"] for row in called("audit", "--data", folder)]
