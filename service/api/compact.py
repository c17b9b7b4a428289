"""Long answers: written in one go, where the usual way would look at each number of a map several times."""

from typing import Any

from fastapi import Response
from pydantic import TypeAdapter


def written(adapter: TypeAdapter[Any], answer: Any) -> Response:
    """Write an answer of a dataclass as JSON."""
    return Response(adapter.dump_json(answer), media_type="application/json")
