"""Numbers on the command line."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable


def whole(least: int, most: int) -> Callable[[str], int]:
    """The `type` of an option that takes a number from `least` to `most`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(
                f"'{text}' does not work; write a whole number from {least} to {most:,}"
            )
        return int(text)

    return read


def share(text: str) -> float:
    """The `type` of an option that takes a number from 0 to 1."""
    with contextlib.suppress(ValueError):
        if 0 <= (number := float(text)) <= 1:
            return number
    raise argparse.ArgumentTypeError(f"'{text}' does not work; write a number from 0 to 1")
