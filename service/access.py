"""Who may do what: the one table of routes, and the roles it names.

Roles grow: who may do what an operator may is at least an operator. A camera stands beside them: its key opens the
routes of that one camera. A frame is evidence, so that nobody but a camera posts one, whatever their role.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.errors import Forbidden
from service.store.secrets import Secret

ANY_CAMERA = "*"


class Role(StrEnum):
    """What somebody is trusted with, in growing order; `camera` is for keys alone."""

    CAMERA = "camera"
    OPERATOR = "operator"
    QA = "qa"
    ENGINEER = "engineer"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Whether this role may do what the needed one may."""
        return _GROWING.index(self) >= _GROWING.index(needed)


_GROWING: Final = tuple(Role)
PEOPLE: Final = _GROWING[1:]
"""The roles that people may have."""


@dataclass(frozen=True)
class Rule:
    """What a route needs.

    Attributes
    ----------
    least : Role or None
        People and integrations from this role on; None is nobody.
    camera : bool
        Also the key of the camera that the route names.
    page : bool
        Shown in a browser: who is not signed in is asked to.
    """

    least: Role | None = None
    camera: bool = False
    page: bool = False

    @property
    def told(self) -> str:
        """In words."""
        roles = f"role {self.least} or above" if self.least else ""
        return " or ".join(filter(None, (roles, "the camera's key" if self.camera else "")))


EVERYBODY: Final = None
_OPERATOR = Rule(Role.OPERATOR)

RULES: Final[dict[tuple[str, str], Rule | None]] = {
    ("POST", "/v1/cameras/{camera_id}/frames"): Rule(camera=True),
    ("GET", "/v1/cameras/{camera_id}"): Rule(Role.OPERATOR, camera=True),
    ("GET", "/v1/cameras/{camera_id}/health"): Rule(Role.OPERATOR, camera=True),
    ("GET", "/v1/cameras"): _OPERATOR,
    ("POST", "/v1/rolls"): _OPERATOR,
    ("GET", "/v1/rolls"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}"): _OPERATOR,
    ("POST", "/v1/rolls/{roll_id}/close"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/not-inspected"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/alarms"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/repeats"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/defects"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/map"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/statistics"): _OPERATOR,
    ("GET", "/v1/statistics"): _OPERATOR,
    ("GET", "/v1/defects"): _OPERATOR,
    ("GET", "/v1/defects/{frame_id}.{number}/crop.png"): _OPERATOR,
    ("POST", "/v1/rolls/{roll_id}/dry-run"): Rule(Role.ENGINEER),
    ("GET", "/v1/recipes"): _OPERATOR,
    ("POST", "/v1/recipes"): Rule(Role.ENGINEER),
    ("POST", "/v1/recipes/check"): Rule(Role.ENGINEER),
    ("GET", "/v1/recipes/{name}"): _OPERATOR,
    ("GET", "/v1/recipes/{name}/{version}"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/lanes"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/verdict"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/cuts"): _OPERATOR,
    ("GET", "/v1/rolls/{roll_id}/scrap"): _OPERATOR,
    ("GET", "/v1/scrap"): _OPERATOR,
    ("GET", "/v1/frames/latest"): _OPERATOR,
    ("GET", "/v1/frames/{frame_id}"): _OPERATOR,
    ("GET", "/v1/frames/{frame_id}/image.jpg"): _OPERATOR,
    ("GET", "/v1/live"): _OPERATOR,
    ("GET", "/v1/audit"): Rule(Role.ADMIN),
    ("GET", "/"): Rule(Role.OPERATOR, page=True),
    ("GET", "/login"): EVERYBODY,
    ("POST", "/login"): EVERYBODY,
    ("POST", "/logout"): EVERYBODY,
    ("GET", "/docs"): EVERYBODY,
    ("GET", "/openapi.json"): EVERYBODY,
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/metrics"): EVERYBODY,
}
"""Each route by its method and path; scripts and styles under /static hold nothing of a plant's."""


def allow(rule: Rule, who: Secret, camera_id: str | None, route: str) -> None:
    """Raise unless somebody known may use a route.

    Parameters
    ----------
    rule : Rule
    who : Secret
    camera_id : str or None
        The camera that the route names.
    route : str
        For the message.

    Raises
    ------
    Forbidden
    """
    role = Role(who.role)
    if role is Role.CAMERA and rule.camera:
        if who.camera_id not in (ANY_CAMERA, camera_id):
            raise Forbidden(f"expected the key of camera {camera_id}, got that of {who.camera_id}: use its own")
    elif rule.least is None or not role.covers(rule.least):
        raise Forbidden(f"expected {rule.told} for {route}, got role {role}: ask an administrator")
