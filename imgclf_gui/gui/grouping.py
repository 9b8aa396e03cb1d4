"""Groups of images as a person arranges them, before they become classes. No widgets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from imgclf_gui.protocol.sorting import Sorting


@dataclass(frozen=True)
class Group:
    """One class to be."""

    name: str
    images: tuple[int, ...]
    """Places in `Sorting.files`, the most typical first."""
    included: bool = True
    """Whether it is to be added to the dataset."""


@dataclass(frozen=True)
class Grouping:
    """Every image in one group; an edit makes a new one."""

    groups: tuple[Group, ...] = ()

    @classmethod
    def of(cls, sorting: Sorting) -> Grouping:
        """As the worker found it."""
        return cls(tuple(Group(group.name, group.images) for group in sorting.groups))

    @property
    def images(self) -> int:
        """That are to be added."""
        return sum(len(group.images) for group in self.groups if group.included)

    @property
    def classes(self) -> int:
        """That are to be added."""
        return sum(1 for group in self.groups if group.included and group.images)

    def renamed(self, place: int, name: str) -> Grouping:
        """With another name for that group; one that another has merges the two.

        An empty name changes nothing.
        """
        name = name.strip()
        if not name or name == self.groups[place].name:
            return self
        same = (
            n for n, group in enumerate(self.groups) if group.name.casefold() == name.casefold()
        )
        other = next((number for number in same if number != place), None)
        if other is None:
            return self._with(place, replace(self.groups[place], name=name))
        kept = self.groups[other]
        merged = replace(kept, images=kept.images + self.groups[place].images)
        groups = self._with(other, merged).groups
        return Grouping(groups[:place] + groups[place + 1 :])

    def moved(self, images: Collection[int], to: int) -> Grouping:
        """With those images in group `to`; at the number of groups, in a new one."""
        wanted = set(images)
        if not wanted:
            return self
        groups = [*self.groups, *([self._new()] if to == len(self.groups) else [])]
        there = set(groups[to].images)
        came = [
            image
            for group in groups
            for image in group.images
            if image in wanted and image not in there
        ]
        if not came:
            return self
        left = [
            replace(group, images=tuple(image for image in group.images if image not in wanted))
            for group in groups
        ]
        left[to] = replace(groups[to], images=(*came, *groups[to].images))
        return Grouping(tuple(left))

    def including(self, place: int, included: bool) -> Grouping:
        """With that group taken or left out."""
        return self._with(place, replace(self.groups[place], included=included))

    def rows(self, files: Sequence[str]) -> list[tuple[str, str]]:
        """Path and class of each image that is to be added."""
        return [
            (files[image], group.name)
            for group in self.groups
            if group.included
            for image in group.images
        ]

    def _with(self, place: int, group: Group) -> Grouping:
        return Grouping((*self.groups[:place], group, *self.groups[place + 1 :]))

    def _new(self) -> Group:
        taken = {group.name.casefold() for group in self.groups}
        number = len(self.groups) + 1
        while f"group {number}" in taken:
            number += 1
        return Group(f"Group {number}", ())
