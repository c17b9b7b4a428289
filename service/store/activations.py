"""Which recipe is in force: the newest activation of its name tells."""

from sqlalchemy import Connection, select

from service.store.tables import recipe_activations, recipes


def activated_text(connection: Connection, name: str) -> str | None:
    """Return the text of the version of a recipe that was activated last, None where none was."""
    activated, kept = recipe_activations.c, recipes.c
    same = (kept.name == activated.name) & (kept.version == activated.version)
    question = select(kept.text).join_from(recipe_activations, recipes, same).where(activated.name == name)
    text: str | None = connection.scalar(question.order_by(activated.id.desc()).limit(1))
    return text
