"""API keys: `Authorization: Bearer KEY`, where the settings list any.

Only the keys' SHA-256 is known here: a key is 256 random bits, so a slow hash would add nothing.
"""

import hashlib
import hmac

from fastapi import Request

from service.errors import Unauthorized


async def require_key(request: Request) -> None:
    """Refuse who bears no key of this station.

    Raises
    ------
    Unauthorized
    """
    digests = request.app.state.settings.key_digests
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    found = hashlib.sha256(key.strip().encode()).hexdigest()
    known = [hmac.compare_digest(found, digest) for digest in digests]
    if scheme.lower() != "bearer" or not any(known):
        raise Unauthorized(
            "expected Authorization: Bearer KEY with a key of this station: ask its administrator for one"
        )
