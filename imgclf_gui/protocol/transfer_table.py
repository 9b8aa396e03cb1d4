"""Measurements of transfer as tables: for people, and as CSV for programs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Literal

from imgclf_gui.protocol.transfer_events import TransferKind
from imgclf_gui.protocol.transfer_state import (
    TransferState,
    WayFigures,
    block_rows,
    few_rows,
    rank_rows,
)

Form = Literal["text", "count", "decimal", "p", "share", "ends", "points", "points ends", "seconds"]
Cell = str | float | tuple[float, float] | None
_PAIRS: tuple[Form, ...] = ("ends", "points ends")


@dataclass(frozen=True)
class Column:
    """What the cells below each other say."""

    title: str
    form: Form
    """'ends' are those of a 95 % interval; 'points' a difference of shares."""


@dataclass(frozen=True)
class TransferTable:
    """A row a result; an empty cell is None. Shares are fractions, times are seconds."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def texts(self) -> list[list[str]]:
        """The cells as a person reads them."""
        return [
            [cell_text(column.form, cell) for column, cell in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]

    def csv(self) -> str:
        """As CSV; an interval takes two columns."""
        out = StringIO()
        writer = csv.writer(out, lineterminator="\n")
        titles: list[str] = []
        for column in self.columns:
            pair = column.form in _PAIRS
            titles += (
                [f"{column.title} {end}" for end in ("from", "to")] if pair else [column.title]
            )
        writer.writerow(titles)
        for row in self.rows:
            cells: list[object] = []
            for column, cell in zip(self.columns, row, strict=True):
                empty = ("", "") if column.form in _PAIRS else ("",)
                cells += empty if cell is None else cell if isinstance(cell, tuple) else (cell,)
            writer.writerow(cells)
        return out.getvalue()


def transfer_table(state: TransferState) -> TransferTable:
    """The results of a measurement."""
    kind: TransferKind = state.started.kind if state.started else "rank"
    columns, rows = _TABLES[kind](state)
    return TransferTable(tuple(Column(*column) for column in columns), tuple(rows))


def cell_text(form: Form, cell: Cell) -> str:  # noqa: PLR0911 one case a form
    """As a person reads it; '' where there is nothing."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, tuple):
        if form == "ends":
            low, high = (100 * min(1.0, max(0.0, end)) for end in cell)
            return f"{low:.1f}–{high:.1f} %"
        return " to ".join(f"{100 * end:+.1f}" for end in cell)
    match form:
        case "share":
            return f"{100 * cell:.1f} %"
        case "points":
            return f"{100 * cell:+.1f}"
        case "p":
            return "< 0.001" if cell < 0.001 else f"{cell:.3f}"
        case "decimal":
            return f"{cell:.3f}"
        case "seconds":
            return f"{cell:.0f} s" if cell >= 10 else f"{cell:.1f} s"
        case _:
            return f"{cell:,.0f}"


_Table = tuple[Sequence[tuple[str, Form]], Sequence[tuple[Cell, ...]]]


def _rank(state: TransferState) -> _Table:
    columns: list[tuple[str, Form]] = [
        ("Backbone", "text"), ("Linear probe", "share"), ("95 %", "ends"), ("p (Holm)", "p"),
        ("Nearest mean", "share"), ("LogME", "decimal"), ("H-score", "decimal"),
        ("Values", "count"), ("Images/s", "count"), ("Time", "seconds"),
    ]  # fmt: skip
    rows = [
        (
            row.measured.title, row.accuracy, row.interval, row.p_value, row.measured.nearest_mean,
            row.measured.logme, row.measured.h_score, row.measured.features,
            row.measured.images_per_second, row.measured.seconds,
        )
        for row in rank_rows(state)
    ]  # fmt: skip
    return columns, rows


def _layers(state: TransferState) -> _Table:
    columns: list[tuple[str, Form]] = [
        ("Behind block", "text"), ("Linear probe", "share"), ("95 %", "ends"), ("p (Holm)", "p"),
        ("Values", "count"),
    ]  # fmt: skip
    rows = [
        (
            f"{row.probed.place + 1} {row.probed.name}", row.accuracy, row.interval, row.p_value,
            row.probed.features,
        )
        for row in block_rows(state)
    ]  # fmt: skip
    return columns, rows


def _few(state: TransferState) -> _Table:
    columns: list[tuple[str, Form]] = [
        ("Images a class", "text"), ("In all", "count"),
        ("Frozen", "share"), ("Frozen 95 %", "ends"), ("Frozen by class", "share"),
        ("From nothing", "share"), ("Nothing 95 %", "ends"), ("Nothing by class", "share"),
        ("Difference", "points"), ("Difference 95 %", "points ends"),
    ]  # fmt: skip
    rows = [
        (
            f"{row.images_a_class:,}", row.train_images, *_way(row.frozen), *_way(row.scratch),
            row.gain, row.gain_interval,
        )
        for row in few_rows(state)
    ]  # fmt: skip
    return columns, rows


def _way(figures: WayFigures | None) -> tuple[Cell, Cell, Cell]:
    if figures is None:
        return None, None, None
    return figures.accuracy, figures.interval, figures.class_accuracy


_TABLES: dict[TransferKind, Callable[[TransferState], _Table]] = {
    "rank": _rank,
    "layers": _layers,
    "few-images": _few,
}
