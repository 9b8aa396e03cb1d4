"""A JSON Lines file as AutoML of Vertex AI reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from imgclf_gui.core.automl import RowProblem
from imgclf_gui.core.automl_rows import read_rows, source_image
from imgclf_gui.core.entry import Source, SourceListing
from imgclf_gui.core.errors import UserError


class AutomlJsonl(Source):
    """A line an image: `{"imageGcsUri": …, "classificationAnnotation": {"displayName": …}}`.

    Instead of addresses in the cloud there are paths of files, relative to the .jsonl file.
    """

    title: ClassVar[str] = "AutoML JSON Lines file"
    summary: ClassVar[str] = "Vertex AI's rows, with paths of files in place of addresses."
    order: ClassVar[int] = 35

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A .jsonl file in which AutoML's word for an image stands near the beginning."""
        if not path.is_file() or path.suffix.lower() != ".jsonl":
            return False
        try:
            with path.open("rb") as stream:
                start = stream.read(1 << 16).lower().replace(b"_", b"")
        except OSError:
            return False
        return b"imagegcsuri" in start

    @contextmanager
    def open(self, path: Path, stopped: Callable[[], bool]) -> Iterator[SourceListing]:
        """See `Source.open`.

        Raises:
            UserError: `import.jsonl` if it cannot be read, or names no image.
        """
        del stopped  # read in no time
        try:
            rows = list(read_rows(path))
        except (OSError, ValueError) as error:
            raise UserError(
                "import.jsonl",
                f"{path.name} cannot be read: {error}.",
                "Save it as text in UTF-8, with a JSON object in each line.",
                repr(error),
            ) from error
        problems = [row for row in rows if isinstance(row, RowProblem)]
        if len(problems) == len(rows):
            raise UserError(
                "import.jsonl",
                f"{path.name} names no images that can be used.",
                f"First of all, {problems[0].sentence()}."
                if problems
                else "Write a line with a JSON object for each image.",
            )
        yield SourceListing(len(rows), (source_image(path.parent, row) for row in rows))
