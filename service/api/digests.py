"""`Content-Digest` (RFC 9530): checksums over the body as it was sent."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from service.errors import DigestMismatch, MalformedBody

_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*")

_ALGORITHMS: dict[str, Callable[[NDArray[np.uint8]], bytes]] = {
    "crc32c": lambda body: google_crc32c.value(body).to_bytes(4, "big"),
    "sha-256": lambda body: hashlib.sha256(body.data).digest(),
}


def parse_digests(header: str | None) -> dict[str, bytes]:
    """Read the digests that can be checked here; others are left out.

    Raises
    ------
    MalformedBody
        The header is not written as RFC 9530 says.
    """
    if header is None:
        return {}
    members = [_MEMBER.fullmatch(member) for member in header.split(",")]
    try:
        told = {found[1]: base64.b64decode(found[2], validate=True) for found in members if found}
    except binascii.Error:
        told = {}
    if len(told) != len(members):
        raise MalformedBody(f"expected Content-Digest as in crc32c=:BASE64: or sha-256=:BASE64:, got {header[:200]!r}")
    return {name: digest for name, digest in told.items() if name in _ALGORITHMS}


def check_digests(body: NDArray[np.uint8], digests: dict[str, bytes]) -> None:
    """Compare a body with its digests.

    Raises
    ------
    DigestMismatch
        One is another.
    """
    for name, told in digests.items():
        if (found := _ALGORITHMS[name](body)) != told:
            raise DigestMismatch(
                f"expected a body with {name} {told.hex()}, got one with {found.hex()}: "
                "it was changed on its way, send it again"
            )
