"""What is kept of a shadow: how many candidates it named, and each one that it named otherwise."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StoreFailed
from service.store.database import DATABASE, address_of, reading_engine
from service.store.postgresql import shown
from service.store.statements import insert_into
from service.store.tables import shadow_counts, shadow_names


@dataclass(frozen=True)
class ShadowName:
    """A candidate that the shadow names otherwise.

    Attributes
    ----------
    frame : int
        The frame's number.
    place : int
        In its record from 1: defects, then events.
    shadow_sha256 : str
    kind : str
        As it was answered.
    probability : float
    shadow_kind : str
    shadow_probability : float
    """

    frame: int
    place: int
    shadow_sha256: str
    kind: str
    probability: float
    shadow_kind: str
    shadow_probability: float


@dataclass(frozen=True)
class ShadowCount:
    """Candidates that both models have named, and how many of them the shadow named otherwise."""

    running_sha256: str
    shadow_sha256: str
    named: int
    otherwise: int


def write_shadow(connection: Connection, count: ShadowCount, otherwise: Sequence[ShadowName]) -> None:
    """Add to what a shadow has named."""
    more = insert_into(connection, shadow_counts).values(asdict(count))
    added = {name: shadow_counts.c[name] + more.excluded[name] for name in ("named", "otherwise")}
    keys = list(shadow_counts.primary_key.columns)
    connection.execute(more.on_conflict_do_update(index_elements=keys, set_=added))
    if otherwise:
        names = insert_into(connection, shadow_names).on_conflict_do_nothing()
        connection.execute(names, [asdict(name) for name in otherwise])


def shadow_count(connection: Connection, running_sha256: str, shadow_sha256: str) -> ShadowCount:
    """Count what a shadow has named beside a running model."""
    question = select(shadow_counts).filter_by(running_sha256=running_sha256, shadow_sha256=shadow_sha256)
    row = connection.execute(question).one_or_none()
    return ShadowCount(**row._mapping) if row else ShadowCount(running_sha256, shadow_sha256, 0, 0)


def shadow_count_in(folder: Path, running_sha256: str, shadow_sha256: str, url: str | None = None) -> ShadowCount:
    """Count it for somebody beside the station, which may be running.

    Raises
    ------
    StoreFailed
        It cannot be answered now.
    """
    if not url and not (folder / DATABASE).exists():
        return ShadowCount(running_sha256, shadow_sha256, 0, 0)
    engine = reading_engine(address_of(folder, url))
    try:
        with engine.connect() as connection:
            return shadow_count(connection, running_sha256, shadow_sha256)
    except SQLAlchemyError as problem:
        where, why = shown(engine.url), type(problem).__name__
        raise StoreFailed(f"expected the counts of a shadow in {where}, got {why}: start the station once") from problem
    finally:
        engine.dispose()
