"""Where something stands in a JSON text that a person edits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from json import JSONDecoder

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = JSONDecoder()


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line, from 1, of the value at `path` (keys and indices) in `text`, which is valid JSON.

    Where the path leads to nothing, that of the last value on it.
    """
    position = _skip(text, 0)
    for step in path:
        inner = _inside(text, position, step)
        if inner is None:
            break
        position = inner
    return text.count("\n", 0, position) + 1


def _inside(text: str, position: int, step: str | int) -> int | None:
    """Where the value of the key or index `step` begins, in the object or array at `position`."""
    opening = text[position]
    if opening != ("{" if isinstance(step, str) else "["):
        return None
    position, index = _skip(text, position + 1), 0
    while text[position] not in "}]":
        found: str | int = index
        if opening == "{":
            found, position = _DECODER.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)  # behind the colon
        if found == step:
            return position
        _, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text[position] == ",":
            position = _skip(text, position + 1)
        index += 1
    return None


def _skip(text: str, position: int) -> int:
    """Behind white space."""
    found = _SPACE.match(text, position)
    return found.end() if found else position
