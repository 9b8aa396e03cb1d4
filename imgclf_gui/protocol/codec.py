"""One JSON object a line, bounded; whatever else arrives is an error, never a crash."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from pydantic import BaseModel, TypeAdapter, ValidationError

from imgclf_gui.core.errors import UserError
from imgclf_gui.protocol.commands import Command
from imgclf_gui.protocol.events import Event

MAX_LINE_BYTES = 1 << 20
MAX_NESTING = 32

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?')
_BRACKET = re.compile(rb"[\[\]{}]")

_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def encode(message: BaseModel) -> bytes:
    """The line that carries `message`, with its newline.

    Bytes of a file's name that are no text become '?': no reader would take them.

    Raises:
        UserError: `protocol.line` if it is longer than a line may be.
        ValueError: a figure is not finite.
    """
    raw = message.model_dump(mode="json")
    text = _dumped(raw, ensure_ascii=False)
    if not text.isascii():
        text = _dumped(json.loads(text.encode("utf-8", "replace")), ensure_ascii=True)
    line = text.encode("ascii") + b"\n"
    if len(line) > MAX_LINE_BYTES:
        _refuse(f"a {type(message).__name__} of {len(line)} bytes")
    return line


def decode_command(line: bytes) -> Command:
    """The command that `line` carries.

    Raises:
        UserError: `protocol.line`.
    """
    command: Command = _decode(line, _COMMAND)
    return command


def decode_event(line: bytes) -> Event:
    """The event that `line` carries.

    Raises:
        UserError: `protocol.line`.
    """
    event: Event = _decode(line, _EVENT)
    return event


def _dumped(raw: Any, *, ensure_ascii: bool) -> str:
    return json.dumps(raw, allow_nan=False, ensure_ascii=ensure_ascii, separators=(",", ":"))


def _decode(line: bytes, adapter: TypeAdapter[Any]) -> Any:
    if len(line) > MAX_LINE_BYTES:
        _refuse(f"a line of {len(line)} bytes")
    if _nesting(line) > MAX_NESTING:
        _refuse(f"a line nested deeper than {MAX_NESTING}")
    try:
        raw = json.loads(
            line.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
        # Refuses 1e999 and lone surrogates.
        json.dumps(raw, allow_nan=False, ensure_ascii=False).encode("utf-8")
        return adapter.validate_python(raw, strict=False)
    except (ValueError, ValidationError) as error:
        _refuse(repr(line[:200]), str(error))


def _nesting(line: bytes) -> int:
    """How deep arrays and objects lie in one another; brackets inside strings do not count."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", line)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _refuse(what: str, details: str = "") -> NoReturn:
    raise UserError(
        "protocol.line",
        f"The worker protocol does not know {what}.",
        "If this was not typed by hand, the two sides are of different versions: update both.",
        details,
    )
