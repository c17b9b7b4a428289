"""Who does something by a route, as the audit trail names them."""

from fastapi import Request

from service.store.audit import Actor
from service.store.secrets import Secret


def actor_of(request: Request) -> Actor:
    """Tell who asks, after the guard let them in; nobody where nobody is asked."""
    who: Secret | None = request.state.who
    address = request.client.host if request.client else ""
    return Actor(who.kind, who.name, address) if who else Actor("nobody", "", address)
