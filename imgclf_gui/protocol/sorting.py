"""Images without classes, sorted into groups: the file that says which image is in which.

A worker writes it (`SortImages`), the window and the command line read it. The features that
the groups were made of lie beside it, so that others can be made of them in a moment.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.protocol.sorting_events import ImagesSorted

MOST_SUGGESTED = 20
"""Groups, unless the person asks for more."""
LOOKED_AT = 24
"""The most typical images of a group, which its name is proposed from."""
NEEDED_SHARE = 1 / 3
"""Of them must be taken for the same thing."""


FAR_APART = 0.25
"""A mean silhouette up to this shows no clusters at all (Kaufman and Rousseeuw 1990)."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SortedGroup(_Value):
    """Images that look alike."""

    name: str
    """A proposal."""
    images: tuple[int, ...] = Field(min_length=1)
    """Places in `Sorting.files`, the most typical first."""


class Sorting(_Value):
    """Every image in one group."""

    version: Literal[1] = 1
    files: tuple[str, ...]
    """Paths of the images that could be read; row by row those of the features."""
    answers: tuple[str, ...]
    """What the built-in classifier takes each for; empty where it is not sure."""
    unreadable: tuple[tuple[str, str], ...] = ()
    """Names and reasons."""
    groups: tuple[SortedGroup, ...]
    """The largest first."""

    @model_validator(mode="after")
    def _every_image_once(self) -> Sorting:
        places = sorted(place for group in self.groups for place in group.images)
        if places != list(range(len(self.files))) or len(self.answers) != len(self.files):
            raise ValueError("every image is in one group, and has an answer")
        return self


def proposed_names(answers: Sequence[Sequence[str]]) -> list[str]:
    """A name for each group, of what its images are taken for, the most typical first.

    That of at least a third of the first, with a capital letter; else 'Group 3'. An empty answer
    names nothing. No two are the same, since a group's name will be that of a class.
    """
    names: list[str] = []
    taken: set[str] = set()
    for number, group in enumerate(answers, start=1):
        looked_at = group[:LOOKED_AT]
        counts = Counter(answer for answer in looked_at if answer)
        found, count = counts.most_common(1)[0] if counts else ("", 0)
        known = found and count >= NEEDED_SHARE * len(looked_at)
        wish = f"{found[:1].upper()}{found[1:]}" if known else f"Group {number}"
        name, again = wish, 2
        while name.casefold() in taken:
            name, again = f"{wish} {again}", again + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def sorting_words(event: ImagesSorted) -> str:
    """What a person should know of the groups before they believe in them."""
    words = "The groups come from looks alone."
    if event.silhouette is None:
        return words
    figure = f"mean silhouette {event.silhouette:.2f}, of at most 1"
    if event.silhouette > FAR_APART:
        return f"{words} They stand apart ({figure})."
    return (
        f"{words} They hardly stand apart ({figure}): more groups than there are kinds, merged "
        "afterwards, serve better."
    )


def features_path(sorting: Path) -> Path:
    """Where the features of a sorting lie: float32 [files, values]."""
    return sorting.with_suffix(".npy")


def write_sorting(path: Path, sorting: Sorting) -> None:
    """Write the file.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    # Names that are no Unicode come back from JSON's escapes as they were.
    write_text_atomic(path, json.dumps(sorting.model_dump(), ensure_ascii=True))


def read_sorting(path: Path) -> Sorting:
    """Read the file again.

    Raises:
        UserError: `sort.damaged`.
    """
    try:
        return Sorting.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError, RecursionError) as error:
        raise UserError(
            "sort.damaged",
            f"The sorted images in {path.name} cannot be read.",
            "Sort them again.",
            str(error),
        ) from error
