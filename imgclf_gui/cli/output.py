"""What a command prints: for a person a live display and tables, for a program JSON lines.

With --json stdout carries one event a line, and the last line is the result object
(`"type": "result"`, or `"type": "error"`). Errors always go to stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from imgclf_gui.cli.display import Display
from imgclf_gui.cli.text import plain
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.protocol import codec
from imgclf_gui.protocol.events import Event, Heartbeat, WorkerReady

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.table import Table


class Output:
    """One command's stdout; a context, since the live display must end before the rest."""

    def __init__(self, *, json_lines: bool = False) -> None:
        self.json_lines = json_lines
        self._display: Display | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end_display()

    def take(self, event: Event) -> None:
        """Show what a worker reported."""
        if isinstance(event, (Heartbeat, WorkerReady)):
            return
        if self.json_lines:
            self.journal(event)
            return
        self._display = self._display or Display()
        self._display.take(event)

    def journal(self, event: BaseModel) -> None:
        """What happened to something that keeps a journal, for a program."""
        if self.json_lines:
            sys.stdout.write(codec.encode(event).decode("ascii"))
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """A sentence for a person."""
        if not self.json_lines:
            self._end_display()
            print(plain(text), flush=True)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table for a person; a column whose name begins with '>' is aligned right."""
        if self.json_lines:
            return
        self._end_display()
        from rich.console import Console

        # A pipe gets every column whole, whatever the width of the terminal.
        console = Console(markup=False, highlight=False, emoji=False)
        if not console.is_terminal:
            console.width = 400
        console.print(_table(title, columns, rows))

    def result(self, result: Mapping[str, Any]) -> None:
        """The last line for a program."""
        self._object({"type": "result", **result})

    def failed(self, error: ErrorReport) -> None:
        """The last line for a program whose command failed."""
        self._object({"type": "error", **error.model_dump(mode="json")})

    def _object(self, value: Mapping[str, Any]) -> None:
        self._end_display()
        if self.json_lines:
            print(json.dumps(value, allow_nan=False), flush=True)

    def _end_display(self) -> None:
        if self._display is not None:
            self._display.close()
            self._display = None


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        title=plain(title) or None,
        title_justify="left",
        box=box.SIMPLE_HEAD if any(columns) else None,
        show_header=any(columns),
    )
    for column in columns:
        name = column.removeprefix(">")
        table.add_column(name, justify="right" if column.startswith(">") else "left")
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    return table
