"""Predictions as a table for spreadsheets, the same from the window and the command line."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from imgclf_gui.protocol.events import Prediction

TOP = 5
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def table(predictions: Sequence[Prediction], top: int = TOP) -> str:
    """The predictions as CSV: image, label, probability, then the next classes, then the error.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    places = ["", *(f"_{place}" for place in range(2, top + 1))]
    names = [f"{name}{place}" for place in places for name in ("label", "probability")]
    writer.writerow(["image", *names, "error"])
    for prediction in predictions:
        writer.writerow([_harmless(cell) for cell in _cells(prediction, top)])
    return text.getvalue()


def _cells(prediction: Prediction, top: int) -> list[str]:
    ranked = list(zip(prediction.labels, prediction.probabilities, strict=True))[:top]
    cells = [cell for label, share in ranked for cell in (label, f"{share:.6f}")]
    empty = [""] * (2 * (top - len(ranked)))
    return [prediction.image, *cells, *empty, prediction.error]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
