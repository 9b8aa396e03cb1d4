"""The colour of a block or an augmentation: those under one heading share it, beside words."""

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
    # of augmentations
    "Geometry": 0,
    "Colour": 1,
    "Noise and blur": 2,
    "Erasing and mixing": 3,
    "Policies": 7,
}


def group_colour(group: str, theme: Theme) -> QColor:
    """Under the heading `group`; containers are as the text, what is unknown stands back."""
    if group in _PLACES:
        return theme.class_color(_PLACES[group])
    return QColor(theme.text if group == "Containers" else theme.muted)
