"""What the roll is: product, order, lots, by which rules and calibrations it was judged, and how much was seen."""

from dataclasses import dataclass

from inspection.defect import Severity
from service.openings import free_of
from service.roll_report.facts import Facts
from service.roll_report.numbers import moment, spaced
from service.store.entries import RollEntry


@dataclass(frozen=True)
class Head:
    """Names and values, in the order in which they are read.

    Attributes
    ----------
    roll_id : str
    facts : list of (str, str)
    figures : list of (str, str)
        Large ones: what, and how many.
    """

    roll_id: str
    facts: list[tuple[str, str]]
    figures: list[tuple[str, str]]


def head(facts: Facts) -> Head:
    """Tell what the roll is."""
    roll, closing = facts.roll, facts.closing
    told = [
        ("Product", roll.product or "not told"),
        ("Order", roll.order_number or "not told"),
        *_told_freely(roll),
        ("Recipe", f"{roll.recipe_name}, version {roll.recipe_version}"),
        ("Classifier", f"{roll.model_name} {roll.model_version} ({roll.model_sha256[:12]})"),
        *((f"Camera {camera.camera_id}", _calibration(camera.calibration_version)) for camera in facts.cameras),
        ("Opened", moment(roll.opened_at) + _by(roll.opened_by or "its first frame")),
        ("Closed", moment(closing.closed_at) + _by(closing.closed_by) if closing else "not yet: figures may change"),
    ]
    return Head(roll.roll_id, told, _figures(facts))


def _figures(facts: Facts) -> list[tuple[str, str]]:
    seen = _most_seen(facts)
    severities = _by_severity(facts)
    return [
        ("web seen", f"{spaced(seen, 1)} m"),
        ("defects", spaced(facts.map.total)),
        *((severity.value, spaced(severities[severity])) for severity in reversed(Severity)),
        ("per metre", spaced(facts.map.total / seen, 2) if seen > 0 else "unknown"),
        ("held", f"{spaced(_held_m(facts), 1)} m"),
        ("not inspected", f"{spaced(_missed_m(facts), 1)} m"),
    ]


def _told_freely(roll: RollEntry) -> list[tuple[str, str]]:
    """What else was told of the roll: supplier lots, and whatever a plant calls by names of its own."""
    free = free_of(roll)
    return [*([("Lots", ", ".join(free.supplier_lots))] if free.supplier_lots else []), *free.fields.items()]


def _by(name: str) -> str:
    return ", nobody was signed in" if name == "nobody" else f" by {name}"


def _calibration(version: int | None) -> str:
    return "not calibrated" if version is None else f"calibration {version}"


def _by_severity(facts: Facts) -> dict[Severity, int]:
    series, names = facts.map.series, facts.map.severities
    return {
        severity: sum(
            sum(counts)
            for place, counts in zip(series.severity, series.counts, strict=True)
            if names[place] == severity
        )
        for severity in Severity
    }


def _most_seen(facts: Facts) -> float:
    """Cameras side by side see the same metres: of these the one that saw most."""
    return max((_sum_m(facts, camera_id, "seen_mm") for camera_id in _camera_ids(facts)), default=0.0)


def _held_m(facts: Facts) -> float:
    return sum(_sum_m(facts, camera_id, "held_mm") for camera_id in _camera_ids(facts))


def _missed_m(facts: Facts) -> float:
    known = ((each.from_mm, each.to_mm) for each in facts.unseen)
    return sum((to_mm - from_mm) / 1e3 for from_mm, to_mm in known if from_mm is not None and to_mm is not None)


def _camera_ids(facts: Facts) -> set[str]:
    return {metre.camera_id for metre in facts.metres}


def _sum_m(facts: Facts, camera_id: str, name: str) -> float:
    return sum(float(getattr(metre, name)) for metre in facts.metres if metre.camera_id == camera_id) / 1e3
