"""Small bodies: read to a limit, after it is known who asks; JSON is parsed into what a route expects.

FastAPI reads a body it knows of whole, and before it asks who sends it.
"""

import asyncio
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from service.errors import BodyTooSlow, MalformedBody, UnknownCoding
from service.schemas import refusals

M = TypeVar("M", bound=BaseModel)

_LARGEST_JSON = 1 << 18
_TIMEOUT_S = 10.0

SMALL_BODY_REFUSALS = refusals(400, 408, 415)
"""What a route with such a body may answer beside its own refusals."""


async def small_body(request: Request, most_bytes: int) -> bytes:
    """Read a body.

    Raises
    ------
    MalformedBody
        It is larger.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise MalformedBody(f"expected a body of at most {most_bytes} bytes, got more: send less at a time")
    return bytes(body)


async def small_json(request: Request, kind: type[M]) -> M:
    """Read a body of JSON.

    Raises
    ------
    UnknownCoding
        It says that it is something else.
    BodyTooSlow, MalformedBody
        It does not come in time, or whole, or is too large.
    RequestValidationError
        It is not JSON, or not what is expected.
    """
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told != "application/json":
        raise UnknownCoding(f"expected a body of application/json, got {told[:100] or 'no media type'}: say what it is")
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            body = await small_body(request, _LARGEST_JSON)
    except TimeoutError:
        raise BodyTooSlow(f"expected the whole body within {_TIMEOUT_S:g} s: send it faster") from None
    except ClientDisconnect:
        raise MalformedBody("expected the whole body, the connection broke off: send it again") from None
    try:
        return kind.model_validate_json(body)
    except ValidationError as problem:
        raise RequestValidationError([_shown(error) for error in problem.errors()]) from problem


def small_json_asked(kind: type[BaseModel]) -> dict[str, Any]:
    """Describe such a body for the OpenAPI document."""
    content = {"application/json": {"schema": kind.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


def _shown(error: Any) -> dict[str, Any]:
    """Quote little of a body that is wrong: all of it may be."""
    return {**error, "loc": ("body", *error["loc"]), "input": repr(error.get("input"))[:100]}
