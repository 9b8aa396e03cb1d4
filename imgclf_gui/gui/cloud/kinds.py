"""How each kind of thing that is found in an image looks: its colour and its words."""

from __future__ import annotations

from PySide6.QtGui import QColor

from imgclf_gui.core import vision
from imgclf_gui.gui import theme

REGIONS = ("objects", "faces", "landmarks", "logos", "text", "documents", "crop-hints")
"""The kinds with places in the image; their place here gives them their colour."""

LIKELY = {
    "VERY_UNLIKELY": "very unlikely",
    "UNLIKELY": "unlikely",
    "POSSIBLE": "possible",
    "LIKELY": "likely",
    "VERY_LIKELY": "very likely",
}
"""What the service says of adult content and the like; anything else is not known."""


def colour(kind: str) -> QColor:
    """Of the outlines of a kind."""
    place = REGIONS.index(kind) if kind in REGIONS else len(REGIONS)
    return theme.current().class_color(place)


def title(kind: str) -> str:
    """Of a feature; a kind that nobody knows stands as it is."""
    known = {feature.kind: feature.title for feature in vision.FEATURES}
    return known.get(kind, kind)


def likely_words(value: str) -> str:
    """'very unlikely'."""
    return LIKELY.get(value, "not known")
