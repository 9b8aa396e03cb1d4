"""What the names of classes say about their images: characters, sides, directions."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DIGIT_WORDS = frozenset((
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
))  # fmt: skip
_KINDS = frozenset(("digit", "letter", "number", "character", "char", "numeral"))
"""Words before a character; 'class 1' or 'type b' are no characters but places in a list."""
_SIDES = (("left", "right"), ("west", "east"))
_HEIGHTS = (("up", "down"), ("upward", "downward"), ("top", "bottom"), ("north", "south"))

CHARACTER_SHARE = 0.5
"""Of the classes that are named like a character: some datasets have a class for the rest."""


def are_characters(labels: Sequence[str]) -> bool:
    """Whether the classes seem to be digits or letters: '7', 'seven', 'b', 'letter B'."""
    named = sum(map(_is_character, labels))
    return named >= 2 and named >= CHARACTER_SHARE * len(labels)


def sides(labels: Sequence[str]) -> tuple[str, str] | None:
    """Two classes that are each other's mirror image by name: 'turn left' and 'turn right'."""
    return _opposites(labels, _SIDES)


def heights(labels: Sequence[str]) -> tuple[str, str] | None:
    """Two classes that are each other upside down by name: 'thumb up' and 'thumb down'."""
    return _opposites(labels, _HEIGHTS)


def _is_character(label: str) -> bool:
    *before, last = _words(label) or [""]
    if before and not (len(before) == 1 and before[0] in _KINDS):
        return False
    return (len(last) == 1 and last.isalnum()) or last in _DIGIT_WORDS


def _words(label: str) -> list[str]:
    """'turnLeft_2' → turn, left, 2."""
    parted = re.sub(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])", " ", label)
    return re.split(r"[\W_]+", parted.strip().lower())


def _opposites(labels: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    by_words = {tuple(_words(label)): label for label in labels}
    for words, label in by_words.items():
        for one, other in pairs:
            turned = tuple(other if word == one else word for word in words)
            if turned != words and turned in by_words:
                return label, by_words[turned]
    return None
