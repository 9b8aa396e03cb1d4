"""Figures as a person reads them, wherever they are shown."""

from __future__ import annotations


def three_digits(number: float) -> str:
    """'123', '12.3', '1.23'; larger numbers whole."""
    if number >= 99.95 or number == 0:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"


def bytes_words(size: float) -> str:
    """'8.21 MB' (powers of ten)."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.5:
            return f"{three_digits(size)} {unit}"
    return f"{three_digits(size / 1000)} PB"
