"""Which of the training images are shown: some of each class, or those that a person chose."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from imgclf_gui.core.dataset import ImageRow

MOST_IMAGES = 8


class TrainingImages:
    """The training images of a dataset, to draw examples from; false if there are none."""

    def __init__(self, rows: Iterable[ImageRow] = ()) -> None:
        self._by_id = {row.id: row for row in rows if row.split == "train"}
        self._by_class: dict[str, list[ImageRow]] = {}
        for row in self._by_id.values():
            self._by_class.setdefault(row.label, []).append(row)

    def __bool__(self) -> bool:
        return bool(self._by_id)

    @property
    def rows(self) -> list[ImageRow]:
        """All of them, class by class."""
        return [row for label in sorted(self._by_class) for row in self._by_class[label]]

    def some(self, count: int, shuffle: int, first: Sequence[int] = ()) -> list[ImageRow]:
        """At most `count` ≤ MOST_IMAGES different ones: those with the ids `first` that there
        are, then of the classes in turn.

        Another `shuffle` draws others, the same draws the same, and more begin with the fewer.
        """
        chosen = [self._by_id[image] for image in first if image in self._by_id]
        others = (row for row in self._drawn(shuffle) if row not in chosen)
        return [*chosen, *others][:count]

    def _drawn(self, shuffle: int) -> list[ImageRow]:
        """MOST_IMAGES of each class, or all; the first of each class, then the second …"""
        dice = random.Random(shuffle)
        labels = sorted(self._by_class)
        dice.shuffle(labels)
        classes = [self._by_class[label] for label in labels[:MOST_IMAGES]]
        drawn = [dice.sample(rows, min(MOST_IMAGES, len(rows))) for rows in classes]
        return [rows[turn] for turn in range(MOST_IMAGES) for rows in drawn if turn < len(rows)]
