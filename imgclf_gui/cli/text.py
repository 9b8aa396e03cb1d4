"""Figures and names as a person reads them."""

from __future__ import annotations


def plain(text: object) -> str:
    """A name from outside without anything that could steer a terminal."""
    return "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text)
    )


def percent(fraction: float) -> str:
    """Three significant digits; '100 %' only for all of it."""
    share = 100 * fraction
    if share in (0, 100):
        return f"{share:.0f} %"
    decimals = 2 if share < 10 or share >= 99.95 else 1
    return f"{min(share, 99.99):.{decimals}f} %"


def interval(low: float, high: float) -> str:
    """A 95 % interval of fractions: '84.1 – 88.6 %'."""
    return f"{percent(low).removesuffix(' %')} – {percent(high)}"


def duration(seconds: float) -> str:
    """'0:07', '12:34' or '1:02:03'."""
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
