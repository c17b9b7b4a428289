"""A station's own models: which one it takes, which it took before, and which only looks on.

    DATA/models/<name>-<version>.{onnx,json,npz}    as they were promoted, never changed
    DATA/models/promoted.json                       the promoted one, those before it, the shadow
    DATA/models/golden.npz                          the station's own golden set, where it has one

Files are complete before anything points to them, so a full disk leaves everything as it was.
A running station looks here only when it starts.
"""

import fcntl
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inspection.classification import Classifier, load_classifier
from inspection.errors import ModelError
from models.registry import shipped_golden_set, shipped_model, summarise
from service.errors import WorseModel
from service.golden import load_golden_set, score
from service.settings import NAME_PATTERN, Settings
from service.whole_files import keep_whole

WORSE_BY = 0.005
"""Macro F1 by which a model may be lower than the running one: half a point."""

FEWER_STRANGERS_BY = 0.1
"""Share of what is no kind that a model may miss beyond the running one."""

_SUFFIXES = (".npz", ".json", ".onnx")

Stem: TypeAlias = Annotated[str, Field(pattern=NAME_PATTERN)]


class Promotions(BaseModel):
    """What a station was told of its models, each by the name of its files; None is the shipped one.

    Attributes
    ----------
    promoted : str or None
    before : tuple of (str or None)
        Those that a rollback goes back to, the latest last.
    shadow : str or None
        Named beside, where there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    promoted: Stem | None = None
    before: tuple[Stem | None, ...] = ()
    shadow: Stem | None = None


@dataclass(frozen=True)
class Promoted:
    """What became of a promotion: the model's new path, and how it compares with the one in use."""

    model: Path
    compared: str


def model_folder(data_dir: Path) -> Path:
    """Return the folder of a station's own models."""
    return data_dir / "models"


def promotions(data_dir: Path) -> Promotions:
    """Read what was promoted.

    Raises
    ------
    ModelError
        The file is damaged.
    """
    path = _told_in(data_dir)
    try:
        return Promotions.model_validate_json(path.read_bytes()) if path.exists() else Promotions()
    except ValidationError as problem:
        wrong = problem.errors()[0]["msg"]
        raise ModelError(f"expected promoted models in {path}, got {wrong}: delete it and promote anew") from problem


def model_in_use(settings: Settings) -> Path:
    """Return the model that a station takes when it starts: the settings' own, the promoted, the shipped."""
    return settings.model or _path_of(settings.data_dir, promotions(settings.data_dir).promoted)


def shadow_model(data_dir: Path) -> Path | None:
    """Return the model that only looks on, if there is one."""
    shadow = promotions(data_dir).shadow
    return _path_of(data_dir, shadow) if shadow else None


def golden_set(settings: Settings) -> Path:
    """Return what models are compared on: the station's own golden set, else the shipped one."""
    own = model_folder(settings.data_dir) / "golden.npz"
    return own if own.exists() else shipped_golden_set()


def kept_models(data_dir: Path) -> list[Path]:
    """List a station's own models, in the order of their names."""
    return sorted(model_folder(data_dir).glob("*.onnx"))


def next_version(settings: Settings) -> str:
    """Return a version that no kept model of the running one's name has."""
    running = summarise(model_in_use(settings))
    kept = [summarise(path) for path in kept_models(settings.data_dir)]
    versions = [card.version for card in (running, *kept) if card.name == running.name and card.version.isdecimal()]
    return str(max(map(int, versions), default=0) + 1)


def promote(settings: Settings, model: Path, *, anyway: bool = False) -> Promoted:
    """Keep a model and take it from the next start on.

    Parameters
    ----------
    settings : Settings
    model : Path
        The `.onnx` file, its card and stored answers beside it.
    anyway : bool
        Also where it is worse than the one in use or cannot be compared.

    Raises
    ------
    ModelError
        It may not be trusted, names kinds nobody knows, or cannot be compared.
    WorseModel
        It names the golden set worse.
    OSError
        It could not be copied; the one in use stays.
    """
    classifier = load_classifier(model)
    try:
        compared = _compared(settings, classifier)
    except (ModelError, WorseModel) as problem:
        if not anyway:
            raise
        compared = f"promoted anyway: {problem}"
    kept = _kept(settings.data_dir, model, classifier)
    _change(settings.data_dir, lambda told: _promoting(told, kept.stem))
    return Promoted(kept, compared)


def rollback(data_dir: Path) -> Path:
    """Go back to the model before; return it.

    Raises
    ------
    ModelError
        There is none before, or it may not be trusted any more.
    """
    told = _change(data_dir, lambda told: _rolled_back(data_dir, told))
    return _path_of(data_dir, told.promoted)


def cast_shadow(settings: Settings, model: Path) -> Path:
    """Keep a model and let it look on from the next start.

    Raises
    ------
    ModelError
        It may not be trusted, names kinds nobody knows, or is the one in use.
    OSError
        It could not be copied.
    """
    classifier = load_classifier(model)
    kept = _kept(settings.data_dir, model, classifier)
    if kept == model_in_use(settings):
        raise ModelError(f"expected another model than the one in use, got {kept.stem}: name a new one")
    _change(settings.data_dir, lambda told: told.model_copy(update={"shadow": kept.stem}))
    return kept


def end_shadow(data_dir: Path) -> None:
    """Let no model look on any more."""
    _change(data_dir, lambda told: told.model_copy(update={"shadow": None}))


def _compared(settings: Settings, classifier: Classifier) -> str:
    """How it compares with the model in use, unless it is worse."""
    path = golden_set(settings)
    if not path.exists():
        raise ModelError(f"expected a golden set to compare by, found none at {path}: put one there or use --anyway")
    golden, running = load_golden_set(path), load_classifier(model_in_use(settings))
    new, old = score(classifier, golden), score(running, golden)
    told = (
        f"macro F1 {new.macro_f1:.4f} on the golden set of {len(golden.truth)}, the one in use has {old.macro_f1:.4f}; "
        f"{new.strangers:.0%} of what is no kind called unknown, by the one in use {old.strangers:.0%}"
    )
    # In a small set two candidates more or less are chance.
    chance = max(WORSE_BY, 2 / len(golden.truth))
    if new.macro_f1 < old.macro_f1 - chance or new.strangers < old.strangers - FEWER_STRANGERS_BY:
        raise WorseModel(f"expected a model no worse than the one in use, got {told}: train it anew or use --anyway")
    return told


def _kept(data_dir: Path, model: Path, classifier: Classifier) -> Path:
    """Copy a model's three files, complete and durable, unless they are there; return its new path."""
    stem = f"{classifier.ref.name}-{classifier.ref.version}"
    if not re.fullmatch(NAME_PATTERN, stem):
        raise ModelError(f"expected a name and version that files can have, got {stem!r}: rename it in its card")
    kept = model_folder(data_dir) / f"{stem}.onnx"
    kept.parent.mkdir(parents=True, exist_ok=True)
    contents = {kept.with_name(stem + suffix): model.with_suffix(suffix).read_bytes() for suffix in _SUFFIXES}
    if any(path.exists() and path.read_bytes() != content for path, content in contents.items()):
        raise ModelError(f"expected {stem} as it was kept before, got other files: give the model a new version")
    keep_whole(contents)
    # What the next start will load is loaded now, while the model in use is still the one that works.
    load_classifier(kept)
    return kept


def _promoting(told: Promotions, stem: str) -> Promotions:
    return told if told.promoted == stem else _taking(told, stem, (*told.before, told.promoted))


def _rolled_back(data_dir: Path, told: Promotions) -> Promotions:
    if not told.before:
        raise ModelError("expected a promoted model to go back from, the shipped one is in use: promote one first")
    *before, last = told.before
    load_classifier(_path_of(data_dir, last))
    return _taking(told, last, tuple(before))


def _taking(told: Promotions, stem: str | None, before: tuple[str | None, ...]) -> Promotions:
    """Take a model; one that looked on until now has nothing to look at any more."""
    return Promotions(promoted=stem, before=before, shadow=None if told.shadow == stem else told.shadow)


def _change(data_dir: Path, change: Callable[[Promotions], Promotions]) -> Promotions:
    with _alone(data_dir):
        told = change(promotions(data_dir))
        keep_whole({_told_in(data_dir): told.model_dump_json(indent=2).encode() + b"\n"})
    return told


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Keep out another command that changes the same file."""
    folder = model_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _told_in(data_dir: Path) -> Path:
    return model_folder(data_dir) / "promoted.json"


def _path_of(data_dir: Path, stem: str | None) -> Path:
    return model_folder(data_dir) / f"{stem}.onnx" if stem else shipped_model()
