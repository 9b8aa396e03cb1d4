"""`imgclf sort`: images without classes, into groups of what looks alike."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from imgclf_gui.cli.numbers import whole
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import duration, plain
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs.sorting import SORTED, sort_images, write_table
from imgclf_gui.protocol.events import ImagesSorted
from imgclf_gui.protocol.sorting import Sorting, read_sorting, sorting_words

SHOWN_UNREADABLE = 20


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "sort",
        parents=[shared],
        help="sort images without classes into groups of what looks alike",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with images, also below it")
    parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="FILE.csv",
        help="the table of paths and labels to write; 'imgclf import' takes it",
    )
    parser.add_argument(
        "--groups",
        type=whole(1, 100),
        default=0,
        metavar="N",
        help="how many (default: as many as suit the images, at most 20)",
    )
    parser.add_argument(
        "--seed", type=whole(0, 2**31 - 1), default=0, metavar="N", help="default: 0"
    )
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace, output: Output) -> int:
    folder, table = arguments.folder, arguments.to
    if not folder.exists():
        raise UserError("use.source", f"There is nothing at {folder}.", "Check the path.")
    if table.suffix.lower() != ".csv":
        raise UserError("use.table", f"{table.name} is no CSV file.", "Let its name end with .csv.")
    with TemporaryDirectory(prefix="imgclf-sort-") as temporary, Session(output) as session:
        job = sort_images(
            session.jobs,
            [folder],
            Path(temporary) / SORTED,
            groups=arguments.groups,
            seed=arguments.seed,
        )
        event = session.follow(job)
        if not isinstance(event, ImagesSorted):
            raise TypeError(event)
        sorting = read_sorting(Path(event.file))
    write_table(table, _rows(sorting))
    _say(event, sorting, table, output)
    return 0


def _rows(sorting: Sorting) -> list[tuple[str, str]]:
    return [
        (sorting.files[place], group.name) for group in sorting.groups for place in group.images
    ]


def _say(event: ImagesSorted, sorting: Sorting, table: Path, output: Output) -> None:
    for name, reason in sorting.unreadable[:SHOWN_UNREADABLE]:
        output.say(f"Left out {plain(name)}: {plain(reason)}")
    if len(sorting.unreadable) > SHOWN_UNREADABLE:
        output.say(f"… and {len(sorting.unreadable) - SHOWN_UNREADABLE:,} more.")
    rows = [
        (group.name, f"{len(group.images):,}", Path(sorting.files[group.images[0]]).name)
        for group in sorting.groups
    ]
    title = f"{event.images:,} images in {len(rows):,} groups, in {duration(event.seconds)}"
    output.table(title, ["Group", ">Images", "Most typical"], rows)
    output.say(f"{sorting_words(event)} Look through {table} before you import it.")
    output.say(f"Then: imgclf import PROJECT {table}")
    output.result(
        {
            "table": str(table.absolute()),
            "images": event.images,
            "groups": [
                {"name": group.name, "images": len(group.images)} for group in sorting.groups
            ],
            "silhouette": event.silhouette,
            "unreadable": [{"name": name, "reason": reason} for name, reason in sorting.unreadable],
            "seconds": event.seconds,
        }
    )
