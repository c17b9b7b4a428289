"""What each camera sees of a roll's web, as its first frame on the roll told."""

from sqlalchemy import Connection, select

from inspection.geometry import View
from service.store.statements import insert_into
from service.store.tables import camera_views


def write_view(connection: Connection, roll_id: str, camera_id: str, view: View) -> None:
    """Keep a camera's view, unless one is kept already."""
    more = insert_into(connection, camera_views).on_conflict_do_nothing()
    connection.execute(more, {"roll_id": roll_id, "camera_id": camera_id, **vars(view)})


def has_view(connection: Connection, roll_id: str, camera_id: str) -> bool:
    """Tell whether a camera's view is kept."""
    return bool(
        connection.scalar(select(select(camera_views).filter_by(roll_id=roll_id, camera_id=camera_id).exists()))
    )


def views_of(connection: Connection, roll_id: str) -> dict[str, View]:
    """Return the views of a roll's cameras, as far as frames told them."""
    rows = connection.execute(select(camera_views).filter_by(roll_id=roll_id).order_by(camera_views.c.camera_id))
    return {row.camera_id: View(row.left_mm, row.right_mm, row.side) for row in rows}
