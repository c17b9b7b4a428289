"""`coatsight models`: which models a station has, which one it takes, which one only looks on."""

from pathlib import Path
from typing import Any

from inspection.errors import CoatsightError, ModelError
from models.registry import shipped_model, summarise
from service import promotion
from service.commands.remembering import remember
from service.commands.serve import settings_for
from service.commands.terminal import print_json, print_table, say
from service.errors import WorseModel
from service.settings import Settings
from service.store.shadows import shadow_count_in

_NO = 1
_AT_NEXT_START = (
    "a running station takes it at its next start; rolls that are open keep the model they were opened with"
)


def show(data: Path, *, json: bool) -> int:
    """Print every model that the station could take."""
    settings = settings_for(data)
    in_use, shadow = promotion.model_in_use(settings), promotion.shadow_model(data)
    paths = [shipped_model(), *promotion.kept_models(data)]
    # The settings may name a model that lies anywhere.
    told = [_told(path, in_use, shadow) for path in (paths if in_use in paths else [*paths, in_use])]
    seen = _looked_on(settings, in_use, shadow)
    if json:
        print_json({"models": told, "shadow": seen})
        return 0
    headings = ("model", "version", "digest", "precision", "kinds", "accuracy", "")
    print_table(headings, [_row(each) for each in told])
    if seen:
        say(f"shadow: {seen['otherwise']} of {seen['named']} named otherwise" if "named" in seen else seen["error"])
    return 0


def promote(model: Path, data: Path, *, anyway: bool) -> int:
    """Let the station take a model."""
    settings = settings_for(data)
    try:
        promoted = promotion.promote(settings, model, anyway=anyway)
    except WorseModel as problem:
        say(f"not promoted: {problem}")
        return _NO
    remember(data, "model promoted", f"model {promoted.model.stem}", compared=promoted.compared)
    say(promoted.compared)
    say(f"promoted {_called(promoted.model)}: {_AT_NEXT_START}")
    _warn_of_override(settings)
    return 0


def rollback(data: Path) -> int:
    """Let the station take the model before."""
    model = promotion.rollback(data)
    remember(data, "model rolled back", f"model {model.stem}")
    say(f"back to {_called(model)}: {_AT_NEXT_START}")
    _warn_of_override(settings_for(data))
    return 0


def shadow(model: str, data: Path) -> int:
    """Let a model look on, or none."""
    if model == "off":
        promotion.end_shadow(data)
        remember(data, "shadow ended", "models")
        say("no model looks on from the station's next start")
        return 0
    kept = promotion.cast_shadow(settings_for(data), Path(model))
    remember(data, "shadow cast", f"model {kept.stem}")
    say(f"{_called(kept)} names beside the model in use from the station's next start, and judges nothing")
    return 0


def _called(model: Path) -> str:
    card = summarise(model)
    return f"{card.name} {card.version}"


def _warn_of_override(settings: Settings) -> None:
    if settings.model:
        say(f"warning: COATSIGHT_MODEL names {settings.model}, a station with that setting takes it instead")


def _told(path: Path, in_use: Path, shadow: Path | None) -> dict[str, Any]:
    """Tell of a model; a damaged one is told as such instead of hiding the others."""
    roles = {"shipped": shipped_model(), "in use": in_use, "shadow": shadow}
    told: dict[str, Any] = {"file": str(path), "roles": [role for role, model in roles.items() if model == path]}
    try:
        return told | vars(summarise(path))
    except ModelError as problem:
        return told | {"error": str(problem)}


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    roles = ", ".join(told["roles"])
    if "error" in told:
        return Path(told["file"]).stem, "", "", "", "", "", f"{roles} {told['error']}".strip()
    accuracy = "" if told["accuracy"] is None else f"{told['accuracy']:.1%}"
    return (
        told["name"],
        told["version"],
        told["sha256"][:12],
        told["precision"],
        str(len(told["kinds"])),
        accuracy,
        roles,
    )


def _looked_on(settings: Settings, in_use: Path, shadow: Path | None) -> dict[str, Any] | None:
    """What the shadow has named beside the model in use, or why that is not known."""
    if shadow is None:
        return None
    try:
        running, beside = summarise(in_use), summarise(shadow)
        url = settings.store_address
        return vars(shadow_count_in(settings.data_dir, running.sha256, beside.sha256, url))
    except CoatsightError as problem:
        return {"error": str(problem)}
