"""Pages for people: rendered here, brought to life by small scripts of our own, without the internet."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

_HERE = Path(__file__).parent

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

static = StaticFiles(directory=_HERE / "static")
router = APIRouter(include_in_schema=False)
_templates = Jinja2Templates(_HERE / "templates")


@router.get("/")
async def live_page(request: Request) -> Response:
    """Show what the cameras see now."""
    return _templates.TemplateResponse(request, "live.html", headers=SECURITY_HEADERS)
