"""The words of `coatsight backup` and `restore`: names, options and their help; see `cli`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode="markdown")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a sentence.")]


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The station's folder; alone with --verify, a backup.")],
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE.tar|FOLDER", help="Where the backup will lie: a new name, outside DIR."),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Read it all again and compare it.")] = False,
    json: Json = False,
) -> int:
    """Back up a station's folder while the station runs: records, pictures, calibrations, recipes, models.

    Every frame that was answered before is in it. A name that ends in .tar makes one file, any other a folder;
    a folder on the station's own disk shares the pictures with it and takes little room. The backup gets its
    name when it is whole. Settings stand in the station's environment and are not in it.

    `coatsight backup BACKUP --verify` compares a backup with its manifest.

    Exit code 1: it was verified and is damaged.

    Example: `coatsight backup station --to /mnt/nas/station-monday.tar --verify`
    """
    from service.commands import backup as command

    if to is None:
        if not verify:
            raise typer.BadParameter("expected --to FILE.tar or --to FOLDER, or a backup and --verify")
        return command.verify(folder, json=json)
    return command.back_up(folder, to, verify_too=verify, json=json)


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `coatsight backup` made.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="The station's folder to make: new, or empty.")],
    json: Json = False,
) -> int:
    """Make a station's folder of a backup.

    Each file is compared with the backup's manifest before any gets its place. Then
    `coatsight serve --data DIR` goes on where the backup was made.

    Example: `coatsight restore /mnt/nas/station-monday.tar --data station`
    """
    from service.commands import backup as command

    return command.restore(backup, data, json=json)
