"""The files with which AutoML names images, labels and splits: a row an image.

legacy-csv   AutoML Vision's: `TRAIN|VALIDATION|TEST|UNASSIGNED,uri,label[,label]`
vertex-csv   Vertex AI's: the same with `training|validation|test`, or nothing
course-csv   without splits: `uri,label[,label]`
jsonl        Vertex AI's objects, with `imageGcsUri` and `classificationAnnotation`

Split words and keys are read in capitals or not. A row that cannot be used is a `RowProblem`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from imgclf_gui.core import strict_json
from imgclf_gui.core.automl import RowProblem
from imgclf_gui.core.entry import SourceImage, SourceProblem
from imgclf_gui.core.images import IMAGE_EXTENSIONS, UNSUPPORTED_EXTENSIONS
from imgclf_gui.core.listing import named_file, readable, says_split, split_named, table_rows
from imgclf_gui.core.spec import Split

RowForm = Literal["legacy-csv", "vertex-csv", "course-csv", "jsonl"]
ROW_FORMS: tuple[RowForm, ...] = ("legacy-csv", "vertex-csv", "course-csv", "jsonl")

ELSEWHERE = "it is not on this computer; download it and write the path of its file"
"""Why an image with a web or cloud address is not imported."""
LONGEST_LABEL = 128
"""Characters."""
_USE_KEY = "aiplatform.googleapis.com/ml_use"
_DEEPEST_JSON = 10
_LEGACY: Mapping[Split | None, str] = {
    "train": "TRAIN", "validation": "VALIDATION", "test": "TEST", None: "UNASSIGNED",
}  # fmt: skip
_VERTEX: Mapping[Split | None, str] = {
    "train": "training", "validation": "validation", "test": "test", None: "",
}  # fmt: skip


@dataclass(frozen=True)
class DatasetRow:
    """One image as such a file names it."""

    uri: str
    """'gs://…', or a path relative to the file."""
    labels: tuple[str, ...]
    split: Split | None = None
    """None: the service chooses."""
    line: int = 0
    """In the file, from 1."""


def read_rows(path: Path) -> Iterator[DatasetRow | RowProblem]:
    """The rows of a .jsonl file, or of any other as CSV, in their order; empty lines are no rows.

    A second row for the same image is a problem.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no text in UTF-8 (CSV: nor UTF-16).
        csv.Error: it is no table.
    """
    seen: dict[str, int] = {}
    for row in _json_rows(path) if path.suffix.lower() == ".jsonl" else _csv_rows(path):
        if (
            isinstance(row, DatasetRow)
            and (before := seen.setdefault(row.uri, row.line)) != row.line
        ):
            yield RowProblem(row.line, f"names {_short(row.uri)} again, as line {before} does")
        else:
            yield row


def csv_row(cells: Sequence[str], line: int) -> DatasetRow | RowProblem:
    """The row of a table; its first cell is a split, or, in the course's form, the image."""
    cells = [cell.strip() for cell in cells]
    use: str | None = None
    if len(cells) > 1 and (says_split(cells[0]) or _seems_image(cells[1])):
        use, *cells = cells
    uri, *labels = cells
    return _row(uri, [label for label in labels if label], use or "", line)


def json_row(text: str, line: int) -> DatasetRow | RowProblem:
    """The row that the JSON object `text` is."""
    try:
        raw = strict_json.loads(text.encode("utf-8", "surrogateescape"), deepest=_DEEPEST_JSON)
    except ValueError as error:
        return RowProblem(line, f"is no JSON: {error}")
    if not isinstance(raw, dict):
        return RowProblem(line, "is no JSON object")
    found = _plain_keys(raw)
    uri = found.get("imagegcsuri")
    if not isinstance(uri, str):
        return RowProblem(line, "has no imageGcsUri")
    one, several = found.get("classificationannotation"), found.get("classificationannotations")
    annotations = several if isinstance(several, list) else [one] if one is not None else []
    uses = found.get("dataitemresourcelabels")
    use = _plain_keys(uses).get(_plain(_USE_KEY)) if isinstance(uses, dict) else ""
    return _row(uri.strip(), [_display_name(each) for each in annotations], use, line)


def source_image(folder: Path, row: DatasetRow | RowProblem) -> SourceImage | SourceProblem:
    """What a source that reads such a file in `folder` lists for `row`: an image has one class."""
    if isinstance(row, RowProblem):
        return SourceProblem(f"line {row.line}", row.sentence())
    name = readable(row.uri)
    if len(row.labels) > 1:
        labels = ", ".join(row.labels)
        return SourceProblem(
            name, f"line {row.line} has {len(row.labels)} labels ({labels}); write one"
        )
    if "://" in row.uri:
        return SourceProblem(name, ELSEWHERE)
    return SourceImage(name, row.labels[0], row.split, file=named_file(folder, row.uri))


def rows_text(rows: Iterable[DatasetRow], form: RowForm) -> str:
    """The file of `rows` in `form`, each line ended."""
    if form == "jsonl":
        return "".join(json.dumps(_json(row), ensure_ascii=False) + "\n" for row in rows)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for row in rows:
        use = {"legacy-csv": [_LEGACY[row.split]], "vertex-csv": [_VERTEX[row.split]]}
        writer.writerow([*use.get(form, ()), row.uri, *row.labels])
    return stream.getvalue()


def _csv_rows(path: Path) -> Iterator[DatasetRow | RowProblem]:
    for line, cells in enumerate(table_rows(path), 1):
        if any(cell.strip() for cell in cells):
            yield csv_row(cells, line)


def _json_rows(path: Path) -> Iterator[DatasetRow | RowProblem]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as stream:
        for line, text in enumerate(stream, 1):
            if text.strip():
                yield json_row(text, line)


def _row(uri: str, labels: Sequence[object], use: object, line: int) -> DatasetRow | RowProblem:
    reason = _wrong(uri, labels, use)
    if reason:
        return RowProblem(line, reason)
    names = tuple(dict.fromkeys(readable(str(label)) for label in labels))
    return DatasetRow(uri, names, split_named(str(use)), line)


def _wrong(uri: str, labels: Sequence[object], use: object) -> str:
    """Why the row cannot be used; '' if it can."""
    if not isinstance(use, str) or not says_split(use):
        shown = _short(use)
        return f"has '{shown}' as split; write training, validation, test or nothing"
    if not uri:
        return "has no path"
    if not labels:
        return "has no label"
    for label in labels:
        if not isinstance(label, str) or not label:
            return "has a label without a name"
        if len(label) > LONGEST_LABEL:
            return f"has a label of {len(label)} characters; write at most {LONGEST_LABEL}"
    return ""


def _seems_image(cell: str) -> bool:
    extension = PurePosixPath(cell).suffix.lower()
    return "://" in cell or extension in IMAGE_EXTENSIONS or extension in UNSUPPORTED_EXTENSIONS


def _display_name(annotation: object) -> object:
    found = _plain_keys(annotation).get("displayname") if isinstance(annotation, dict) else None
    return found.strip() if isinstance(found, str) else found


def _plain_keys(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {_plain(key): value for key, value in raw.items()}


def _plain(key: str) -> str:
    """imageGcsUri and image_gcs_uri are one key."""
    return re.sub(r"[^a-z0-9./]", "", key.lower())


def _json(row: DatasetRow) -> dict[str, Any]:
    named = [{"displayName": label} for label in row.labels]
    one = len(named) == 1
    annotation = (
        {"classificationAnnotation": named[0]} if one else {"classificationAnnotations": named}
    )
    uses = {"dataItemResourceLabels": {_USE_KEY: _VERTEX[row.split]}} if row.split else {}
    return {"imageGcsUri": row.uri, **annotation, **uses}


def _short(text: object) -> str:
    return f"{readable(str(text)):.100}"
