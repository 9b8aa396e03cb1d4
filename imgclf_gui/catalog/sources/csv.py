"""A CSV file that names images and their labels."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

from imgclf_gui.core.automl_rows import ELSEWHERE, csv_row, source_image
from imgclf_gui.core.entry import Source, SourceImage, SourceListing, SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.listing import named_file, readable, says_split, split_named, table_rows

_PATH_HEADERS = frozenset({
    "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "uri",
})  # fmt: skip
_LABEL_HEADERS = frozenset({"label", "class", "category", "class_name", "label_name", "target"})
_SPLIT_HEADERS = frozenset({"split", "set", "subset", "partition", "ml_use"})
_EXTENSIONS = (".csv", ".tsv")
_LOOKED_AT_ROWS = 20


class Csv(Source):
    """`path,label` or `path,label,split`, with or without a header, or AutoML Vision's rows.

    AutoML Vision's are `SPLIT,path,label` with TRAIN, VALIDATION, TEST or UNASSIGNED. Paths are
    relative to the CSV file; comma, semicolon, tab or bar stand between the columns. A folder
    with one such file, whose paths lead to files, is taken too.
    """

    title: ClassVar[str] = "CSV file"
    summary: ClassVar[str] = "A table of image paths, labels and, if you like, splits."
    order: ClassVar[int] = 30

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A .csv or .tsv file, or a folder with one whose first paths lead to files."""
        if path.is_file():
            return path.suffix.lower() in _EXTENSIONS
        try:
            table = _only_table(path)
            return table is not None and any(
                isinstance(item, SourceImage) and item.file is not None and item.file.is_file()
                for item in islice(_items(table), _LOOKED_AT_ROWS)
            )
        except (OSError, ValueError, csv.Error):
            return False

    @contextmanager
    def open(self, path: Path, stopped: Callable[[], bool]) -> Iterator[SourceListing]:
        """See `Source.open`.

        Raises:
            UserError: `import.csv` if the file cannot be read as a table, or has no rows.
        """
        del stopped  # a table is counted in no time
        table = path if path.is_file() else _only_table(path)
        try:
            total = sum(1 for _ in _items(table or path))
        except (OSError, UnicodeError, csv.Error) as error:
            why = "its text is damaged" if isinstance(error, UnicodeError) else error
            raise UserError(
                "import.csv",
                f"{path.name} cannot be read as a table: {why}.",
                "Save it as CSV with the columns path and label.",
                repr(error),
            ) from error
        if not total:
            raise UserError(
                "import.csv",
                f"{path.name} names no images.",
                "Write a line with path and label for each image.",
            )
        yield SourceListing(total, _items(table or path))


@dataclass(frozen=True)
class _Columns:
    path: int = 0
    label: int = 1
    split: int | None = 2


def _only_table(folder: Path) -> Path | None:
    tables = [path for path in folder.iterdir() if path.suffix.lower() in _EXTENSIONS]
    return tables[0] if len(tables) == 1 else None


def _items(table: Path) -> Iterator[SourceImage | SourceProblem]:
    columns = _Columns()
    for number, row in enumerate(table_rows(table), 1):
        header = _header(row) if number == 1 else None
        if header is not None:
            columns = header
        elif any(cell.strip() for cell in row):
            yield _item(table, number, [cell.strip() for cell in row], columns)


def _header(row: Sequence[str]) -> _Columns | None:
    names = [cell.strip().lower() for cell in row]

    def place(wanted: frozenset[str]) -> int | None:
        return next((place for place, name in enumerate(names) if name in wanted), None)

    path, label = place(_PATH_HEADERS), place(_LABEL_HEADERS)
    if path is None or label is None:
        return None
    return _Columns(path, label, place(_SPLIT_HEADERS))


def _item(
    table: Path, number: int, row: list[str], columns: _Columns
) -> SourceImage | SourceProblem:
    if len(row) > 2 and columns == _Columns() and says_split(row[0]):
        return source_image(table.parent, csv_row(row, number))
    path, label = _cell(row, columns.path), _cell(row, columns.label)
    split = _cell(row, columns.split)
    name = readable(path) or f"line {number}"
    if not path or not label:
        return SourceProblem(name, f"line {number} has no {'label' if path else 'path'}")
    if "://" in path:
        return SourceProblem(name, ELSEWHERE)
    if not says_split(split):
        return SourceProblem(
            name, f"'{readable(split)}' is no split; write train, validation, test or nothing"
        )
    return SourceImage(
        name, readable(label), split_named(split), file=named_file(table.parent, path)
    )


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place] if place is not None and place < len(row) else ""
