"""Pages for people: rendered here, brought to life by small scripts of our own, without the internet."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from service.interface import routes_of, shapes_of

_HERE = Path(__file__).parent
NOT_KEPT: Final = {"Cache-Control": "no-store"}
"""Nobody sees a page again by going back after somebody signed out."""

static = StaticFiles(directory=_HERE / "static")
router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(_HERE / "templates")


@router.get("/")
async def live_page(request: Request) -> Response:
    """Show what the cameras see now."""
    return templates.TemplateResponse(request, "live.html", {"who": request.state.who}, headers=NOT_KEPT)


@router.get("/docs")
async def docs_page(request: Request) -> Response:
    """Show what can be asked for, who may, and what is answered: the OpenAPI document for people."""
    told = request.app.openapi()
    context = {"routes": routes_of(told), "shapes": shapes_of(told)}
    return templates.TemplateResponse(request, "docs.html", context)
