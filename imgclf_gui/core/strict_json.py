"""JSON from elsewhere: read in a moment, so that it can be written as JSON again, or refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

MOST_VALUES = 100_000
"""Values and brackets in one text: read in a moment, and more than any network in use has."""

_LARGEST = 2.0**1023


def loads(text: bytes, *, deepest: int, most_values: int = MOST_VALUES) -> Any:
    """What the JSON `text` (UTF-8) says.

    Raises:
        ValueError: it is no JSON, lies more than `deepest` brackets in one another, has more than
            some `most_values` values, a key twice, a number that is not finite, or broken Unicode.
            The message says which, for a person.
    """
    values = max(sum(map(text.count, (b",", b"[", b"{"))), text.count(b'"') // 4)
    if values > most_values:
        raise ValueError(f"it has some {values:,} values, and at most {most_values:,} are read")
    try:
        raw = json.loads(text.decode("utf-8"), object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{error.msg[:1].lower()}{error.msg[1:]} ({where})") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from error
    except KeyError as error:
        raise ValueError(f"the key {error.args[0]!r:.60} stands twice") from error
    except ValueError as error:
        raise ValueError("a number has thousands of digits") from error
    except RecursionError as error:
        raise _too_deep(deepest) from error
    check_depth(raw, deepest)
    _check_numbers(raw)
    if b"\\u" in text:
        _check_unicode(raw)
    return raw


def check_depth(raw: Any, deepest: int) -> None:
    """Refuse parsed JSON whose brackets lie more than `deepest` in one another.

    Raises:
        ValueError: they do.
    """
    level = [raw]  # level by level, so that no depth is too much for it
    for _ in range(deepest):
        level = [inner for value in level for inner in _held(value)]
    if any(isinstance(value, dict | list) for value in level):
        raise _too_deep(deepest)


def _held(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_numbers(raw: Any) -> None:
    waiting = [raw]
    while waiting:
        value = waiting.pop()
        waiting += _held(value)
        if isinstance(value, int | float) and not -_LARGEST < value < _LARGEST:
            raise ValueError(f"{_shown(value)} is not a number here")


def _shown(value: float) -> str:
    return "an integer of hundreds of digits" if isinstance(value, int) else repr(value)


def _too_deep(deepest: int) -> ValueError:
    return ValueError(f"brackets lie more than {deepest} deep in one another")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    raise KeyError(Counter(key for key, _ in pairs).most_common(1)[0][0])


def _check_unicode(raw: Any) -> None:
    try:
        json.dumps(raw, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("half of a character (a lone surrogate) stands in a text") from error
