"""`Content-Digest` (RFC 9530): checksums over the body as it was sent."""

import base64
import binascii
import re

from service.decoding import DIGESTS
from service.errors import MalformedBody

_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*")


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
    return {name: digest for name, digest in told.items() if name in DIGESTS}
