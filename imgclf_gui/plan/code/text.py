"""Python source as a person writes it: literals, comments and calls, none longer than a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unicodedata import east_asian_width

WIDTH = 100
"""Columns of the longest line."""
_ROOM = WIDTH - 20
"""Columns of a text in one piece."""


def literal(value: Any) -> str:
    """`value` (JSON, or tuples) as Python; text is always data, whatever stands in it."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        items = ", ".join(map(literal, value))
        if isinstance(value, list):
            return f"[{items}]"
        return f"({items},)" if len(value) == 1 else f"({items})"
    return repr(value)


def comment(text: str, room: int) -> str:
    """What a person wrote as one line that can stand in a comment, in at most `room` columns."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    while width(line) > room:
        line = f"{line.removesuffix('…')[:-1]}…"
    return line


def width(text: str) -> int:
    """Columns that `text` takes: Chinese, Japanese and Korean letters take two."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for letter in text if east_asian_width(letter) in "WF")


def bracketed(
    head: str, items: Sequence[str], tail: str, indent: int = 0, *, one_each: bool = False
) -> list[str]:
    """`head`, `items` and `tail` in one line, or over several where they do not fit.

    `head` ends with the opening bracket and `tail` begins with the closing one. With `one_each`,
    what does not fit stands one item a line at once, as in a list.
    """
    pad = " " * indent
    whole = f"{pad}{head}{', '.join(items)}{tail}"
    if width(whole) <= WIDTH or not items:
        return [whole]
    inner = f"{pad}    {', '.join(items)}"
    if width(inner) <= WIDTH and not one_each:
        return [f"{pad}{head}", inner, f"{pad}{tail}"]
    return [f"{pad}{head}", *(f"{pad}    {item}," for item in items), f"{pad}{tail}"]


def text_list(name: str, texts: Sequence[str]) -> list[str]:
    """`name = [...]`; a text that is longer than a line stands in pieces."""
    lines = bracketed(f"{name} = [", [literal(text) for text in texts], "]", one_each=True)
    if max(map(width, lines)) <= WIDTH:
        return lines
    lines = [f"{name} = ["]
    for text in texts:
        parts = pieces(text)
        if len(parts) == 1:
            lines.append(f"    {parts[0]},")
        else:
            lines += ["    (", *(f"        {part}" for part in parts), "    ),"]
    return [*lines, "]"]


def pieces(text: str) -> list[str]:
    """Literals that make `text` together, each short enough for a line."""
    made, piece = [], ""
    for letter in text:
        if width(_quoted(piece + letter)) > _ROOM:
            made.append(piece)
            piece = ""
        piece += letter
    return [_quoted(one) for one in (*made, piece)]


def _quoted(text: str) -> str:
    """In double quotes, unless single ones need fewer backslashes."""
    plain = repr(text)
    if plain[0] == '"' or text.count('"') > text.count("'"):
        return plain
    inside = plain[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{inside}"'
