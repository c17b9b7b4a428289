"""The words of `coatsight users`, `keys` and `audit`: names, options and their help; see `cli`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from pathlib import Path
from typing import Annotated

import typer

users = typer.Typer(
    name="users",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Say who may sign in at a station, and as what. The station may be running.

    **operator** sees the line. **qa** decides about defects and rolls. **engineer** makes recipes. **admin** sees
    the audit trail too. Each may do what those before it may.

    Once there is a user or a key, the station asks everybody who they are.
    """,
)
keys = typer.Typer(
    name="keys",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Make and revoke the keys of cameras and of programs. The station may be running.

    A key stands in a header, `Authorization: Bearer KEY`. A camera's key posts that camera's frames and nothing else.
    """,
)
audit = typer.Typer(
    name="audit",
    invoke_without_command=True,
    rich_markup_mode="markdown",
    help="""List who changed what, when and from where; `audit verify` tells whether that record is whole.""",
)

Data = Annotated[Path, typer.Option(metavar="DIR", help="The station's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of words.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name; small or capital letters are the same.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input, one line.")]
RoleOption = Annotated[str, typer.Option("--role", help="operator, qa, engineer or admin.")]


@users.command()
def add(name: Name, data: Data, role: RoleOption, password_stdin: Stdin = False, json: Json = False) -> int:
    """Let somebody sign in; asks for a password of 12 characters or more.

    Example: `coatsight users add anna --role admin --data station`
    """
    from service.commands import people as command

    return command.add(name, role, data, from_stdin=password_stdin, json=json)


@users.command(name="list")
def list_users(data: Data, json: Json = False) -> int:
    """List everybody with their role."""
    from service.commands import people as command

    return command.show(data, json=json)


@users.command()
def role(
    name: Name,
    new_role: Annotated[str, typer.Argument(metavar="ROLE", help="operator, qa, engineer or admin.")],
    data: Data,
    json: Json = False,
) -> int:
    """Give somebody another role; it holds within a second, in open sessions too."""
    from service.commands import people as command

    return command.set_role(name, new_role, data, json=json)


@users.command()
def password(name: Name, data: Data, password_stdin: Stdin = False, json: Json = False) -> int:
    """Give somebody another password; all their sessions end."""
    from service.commands import people as command

    return command.set_password(name, data, from_stdin=password_stdin, json=json)


@users.command()
def deactivate(name: Name, data: Data, json: Json = False) -> int:
    """Let somebody in no more; all their sessions end. Their name stays, for the record."""
    from service.commands import people as command

    return command.set_active(name, data, active=False, json=json)


@users.command()
def activate(name: Name, data: Data, json: Json = False) -> int:
    """Let somebody in again who was deactivated."""
    from service.commands import people as command

    return command.set_active(name, data, active=True, json=json)


@keys.command(name="add")
def add_key(
    camera: Annotated[str, typer.Option(help="The camera that may use it; '*' for a program that uses any.")],
    data: Data,
    role: Annotated[
        str, typer.Option(help="camera; for a program with --camera '*' also operator, qa, engineer or admin.")
    ] = "camera",
    purpose: Annotated[str, typer.Option(help="What it is for, in your words.")] = "",
    json: Json = False,
) -> int:
    """Make a key and show it, this once: the station keeps only its digest.

    Example: `coatsight keys add --camera cam-1 --data station`
    """
    from service.commands import keys as command

    return command.add(camera, role, purpose, data, json=json)


@keys.command(name="list")
def list_keys(data: Data, json: Json = False) -> int:
    """List the keys by their ids: for what, since when, and when last used, to a minute."""
    from service.commands import keys as command

    return command.show(data, json=json)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As coatsight keys list tells it.")],
    data: Data,
    json: Json = False,
) -> int:
    """Let a key open nothing any more; a running station knows within a second."""
    from service.commands import keys as command

    return command.revoke(key_id, data, json=json)


@audit.callback()
def show_audit(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="The station's folder.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from this day or moment on, UTC unless it says.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="So many of the latest rows.")] = 1000,
    json: Json = False,
) -> int:
    """List who changed what, when and from where; `audit verify` tells whether that record is whole.

    Example: `coatsight audit --since 2030-01-31 --data station`
    """
    if context.invoked_subcommand:
        return 0
    if data is None:
        raise typer.BadParameter("expected --data DIR, the station's folder")
    from service.commands import audit as command

    return command.show(data, since, limit, json=json)


@audit.command()
def verify(
    data: Data,
    noted: Annotated[
        str | None, typer.Option(metavar="NUMBER:HASH", help="What this command printed earlier, kept elsewhere.")
    ] = None,
    json: Json = False,
) -> int:
    """Tell whether the audit trail is as it was written.

    Every row's hash covers the row before. Print and keep the last one elsewhere: only against that a cut-off end,
    or a trail written anew as a whole, can be seen.

    Exit code 1: it is not whole.
    """
    from service.commands import audit as command

    return command.verify(data, noted, json=json)
