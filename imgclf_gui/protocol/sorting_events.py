"""What a worker reports while it sorts images that have no classes: see `SortImages`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imgclf_gui.protocol.event_base import BaseEvent, EventValue


class UnreadableImage(EventValue):
    """A file that could not be read, and why."""

    name: str
    reason: str


class SortingProgressed(BaseEvent):
    """Sent a few times a second while images are looked at."""

    type: Literal["sorting_progressed"] = "sorting_progressed"
    done: int
    total: int
    images_per_second: float
    seconds_left: float | None = None


class GroupingProgressed(BaseEvent):
    """Sent a few times a second while groups are made of what was seen in the images."""

    type: Literal["grouping_progressed"] = "grouping_progressed"
    done: float = Field(ge=0, le=1)
    """Share of what is done now."""
    what: str
    """'making 7 groups'."""


class ImagesSorted(BaseEvent):
    """Images lie in groups of what looks alike; which in which stands in `file`, see `Sorting`."""

    type: Literal["images_sorted"] = "images_sorted"
    file: str
    images: int = Field(ge=1)
    """Those that could be read."""
    names: tuple[str, ...]
    """Of the groups, the largest first: what most of their typical images show, or 'Group 3'."""
    sizes: tuple[int, ...]
    silhouette: float | None
    """How well the groups stand apart, −1…1: the mean over (a sample of) the images. None for one
    group."""
    unreadable: tuple[UnreadableImage, ...] = ()
    """The first of them; `file` has all."""
    unreadable_total: int = 0
    seconds: float
