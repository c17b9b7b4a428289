"""`coatsight roll open | close | list | show`: the life of a roll, beside a station that may be running."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from inspection.errors import InputError
from inspection.record import ModelRef
from models.registry import summarise
from service.commands.remembering import at_the_command_line
from service.commands.serve import settings_for
from service.commands.terminal import print_json, print_table, say
from service.openings import Pinning, RollOpening, open_now
from service.promotion import model_in_use
from service.rollbook.card import CameraOnRoll, RollCard, roll_card
from service.rollbook.listing import RollLine, roll_page
from service.settings import Settings
from service.store.beside import changing, reading
from service.store.openings import close_roll
from service.store.roll_list import RollFilter


def open_one(opening: RollOpening, data: Path, *, json: bool) -> int:
    """Open a roll by the recipe in force and the model that the station takes."""
    pinning, now = _pinning(settings_for(data)), datetime.now(UTC)
    with changing(data) as connection:
        entry = open_now(connection, opening, pinning, at=now, by=at_the_command_line())
        card = roll_card(connection, opening.roll_id)
    if json:
        print_json(asdict(card))
    else:
        model = f"{entry.model_name} {entry.model_version}"
        say(f"roll {entry.roll_id} is open: recipe {entry.recipe_name} {entry.recipe_version}, model {model}")
    return 0


def close_one(roll_id: str, data: Path, *, json: bool) -> int:
    """Close a roll for ever."""
    with changing(data) as connection:
        close_roll(connection, roll_id, at_the_command_line(), datetime.now(UTC))
        card = roll_card(connection, roll_id)
    if json:
        print_json(asdict(card))
    else:
        say(f"roll {roll_id} is closed: {card.length_m:.3f} m; frames that come later are refused")
    return 0


def show_list(wanted: RollFilter, limit: int, after: str | None, data: Path, *, json: bool) -> int:
    """List rolls, those opened last first."""
    with reading(data) as connection:
        page = roll_page(connection, wanted, limit, after)
    if json:
        print_json(asdict(page))
        return 0
    print_table(("roll", "state", "product", "order", "recipe", "opened", "closed"), map(_line, page.rolls))
    if page.next_after:
        say(f"more: --after {page.next_after}")
    return 0


def show_one(roll_id: str, data: Path, *, json: bool) -> int:
    """Show a roll at a glance."""
    with reading(data) as connection:
        card = roll_card(connection, roll_id)
    if json:
        print_json(asdict(card))
        return 0
    print_table(("roll", card.roll_id), _told(card))
    print_table(("camera", "calibration", "sees mm", "frames", "from m", "to m", "lost m"), map(_camera, card.cameras))
    for fact in card.facts:
        say(f"doubtful: {fact.told}")
    if card.frames_after_closing:
        say(f"{card.frames_after_closing} frames came after it was closed: refused, and counted as not inspected")
    return 0


def opening_of(roll_id: str, fields: Sequence[str], **told: object) -> RollOpening:
    """Make what a roll is opened with out of a command's words.

    Raises
    ------
    InputError
        One of them is too long, empty, or not as it should be.
    """
    free = dict(_field(each) for each in fields)
    try:
        return RollOpening.model_validate({"roll_id": roll_id, "fields": free, **told})
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{name}: {first['msg']}, got {first['input']!r}") from problem


def _field(told: str) -> tuple[str, str]:
    name, equals, value = told.partition("=")
    if not equals:
        raise InputError(f"expected --field NAME=VALUE, got {told!r}")
    return name, value


def _pinning(settings: Settings) -> Pinning:
    model = summarise(model_in_use(settings))
    return Pinning(settings.data_dir, settings.default_recipe, ModelRef(model.name, model.version, model.sha256))


def _line(roll: RollLine) -> tuple[str, ...]:
    recipe = f"{roll.recipe.name} {roll.recipe.version}"
    told = roll.roll_id, roll.state, roll.product, roll.order_number, recipe, roll.opened_at, roll.closed_at
    return tuple(each or "" for each in told)


def _told(card: RollCard) -> list[tuple[str, str]]:
    counts = ", ".join(f"{count} {severity}" for severity, count in card.defects.items())
    closed = f"closed {card.closed_at} by {card.closed_by}" if card.closed_at else "open"
    return [
        ("state", closed),
        ("opened", f"{card.opened_at} by {card.opened_by or 'its first frame'}"),
        ("product", card.product or ""),
        ("order", card.order_number or ""),
        ("recipe", f"{card.recipe.name} {card.recipe.version}"),
        ("model", f"{card.model.name} {card.model.version}"),
        ("lots", ", ".join(card.supplier_lots)),
        *card.fields.items(),
        ("length", f"{card.length_m:.3f} m, {card.frames} frames"),
        ("defects", counts),
        ("splices", ", ".join(f"{each.from_m:.3f} m" for each in card.splices)),
        ("not inspected", f"{card.not_inspected_m:.3f} m, {card.frames_not_inspected} frames"),
    ]


def _camera(camera: CameraOnRoll) -> tuple[str, ...]:
    view = camera.view
    return (
        camera.camera_id,
        str(camera.calibration_version or "none"),
        f"{view.left_mm:.1f} to {view.right_mm:.1f}, {view.side}" if view else "",
        str(camera.frames),
        _metres(camera.from_m),
        _metres(camera.to_m),
        f"{camera.not_inspected_m:.3f}",
    )


def _metres(metres: float | None) -> str:
    return "" if metres is None else f"{metres:.3f}"
