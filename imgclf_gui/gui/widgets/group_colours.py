"""The colour of a block: those under one heading share it. The words beside it say what it is."""

from __future__ import annotations

from PySide6.QtGui import QColor

from imgclf_gui.gui.theme import Theme

# What often stands side by side is far apart: a convolution, its normalisation, its activation.
_PLACES = {
    "Convolution": 0,
    "Dense": 1,
    "Pooling": 2,
    "Normalisation": 3,
    "Attention": 4,
    "Regularisation": 5,
    "Shape": 6,
    "Activation": 7,
}


def group_colour(group: str, theme: Theme) -> QColor:
    """Of blocks under the heading `group`; containers are as the text, unknown ones stand back."""
    if group in _PLACES:
        return theme.class_color(_PLACES[group])
    return QColor(theme.text if group == "Containers" else theme.muted)
