"""Undo and redo: a list of frozen specs and a place in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class History(Generic[T]):
    """The values a person went through, each with the name of the edit that led to it."""

    current: T
    _done: list[tuple[str, T]] = field(default_factory=list)
    _undone: list[tuple[str, T]] = field(default_factory=list)

    def edit(self, name: str, value: T, *, merge: bool = False) -> None:
        """Make `value` current. With `merge`, an edit of the same name is one undo step."""
        if value == self.current:
            return
        if not (merge and self.undo_name == name and not self._undone):
            self._done.append((name, self.current))
        elif value == self._done[-1][1]:
            self._done.pop()  # a slider that came back to where it was: nothing to undo
        self._undone.clear()
        self.current = value

    @property
    def undo_name(self) -> str | None:
        """The edit that `undo` takes back; None if there is none."""
        return self._done[-1][0] if self._done else None

    @property
    def redo_name(self) -> str | None:
        """The edit that `redo` makes again; None if there is none."""
        return self._undone[-1][0] if self._undone else None

    def undo(self) -> T:
        """Take the last edit back; does nothing where there is none."""
        if self._done:
            name, value = self._done.pop()
            self._undone.append((name, self.current))
            self.current = value
        return self.current

    def redo(self) -> T:
        """Make the edit that was taken back again; does nothing where there is none."""
        if self._undone:
            name, value = self._undone.pop()
            self._done.append((name, self.current))
            self.current = value
        return self.current
