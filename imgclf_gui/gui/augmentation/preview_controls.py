"""What is previewed: how many images, how many draws of each, from which seed."""

from __future__ import annotations

import random
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QToolButton, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.shown_images import MOST_IMAGES
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.gui.widgets.named import named

FIRST_IMAGES, FIRST_DRAWS = 4, 6
MOST_DRAWS = 12
LARGEST_SEED = 2**31 - 1
MOST_ROLLED = 1_000
"""Seeds of the dice are short, so that a person can tell another of them."""


class PreviewControls(QWidget):
    """One row of controls; `changed` tells of each."""

    changed = Signal()
    others_asked = Signal()
    choose_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._images = _spin("preview_images", "Images", 1, MOST_IMAGES, FIRST_IMAGES)
        self._draws = _spin("preview_draws", "Draws of each image", 1, MOST_DRAWS, FIRST_DRAWS)
        self._seed = _spin("preview_seed", "Seed", 0, LARGEST_SEED, 0)
        self._seed.setToolTip("The same seed shows the same again")
        self._seed.setMaximumWidth(90)
        self._every = named(OutlinedCheckBox("Every image"), "preview_every")
        self._every.setToolTip(
            "Show what happens to an image that is changed: each step as if its probability were 1"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        for widget in (_label("Images", self._images), self._images):
            row.addWidget(widget)
        row.addWidget(_button("preview_others", "others", "Other images", self.others_asked.emit))
        row.addWidget(
            _button("preview_choose", "picture", "Choose images…", self.choose_asked.emit)
        )
        row.addSpacing(theme.SPACING)
        for widget in (_label("Draws", self._draws), self._draws):
            row.addWidget(widget)
        row.addSpacing(theme.SPACING)
        for widget in (_label("Seed", self._seed), self._seed):
            row.addWidget(widget)
        row.addWidget(_button("preview_dice", "dice", "Another seed", self.roll))
        row.addStretch(1)
        row.addWidget(self._every)
        for box in (self._images, self._draws, self._seed):
            box.valueChanged.connect(self.changed)
        self._every.toggled.connect(self.changed)

    @property
    def images(self) -> int:
        """How many images are shown."""
        return self._images.value()

    @property
    def draws(self) -> int:
        """How many draws of each."""
        return self._draws.value()

    @property
    def seed(self) -> int:
        """What is drawn follows from it."""
        return self._seed.value()

    @property
    def every(self) -> bool:
        """Whether each step changes every image."""
        return self._every.isChecked()

    def set_images(self, count: int) -> None:
        """Show that many."""
        self._images.setValue(count)

    def roll(self) -> None:
        """Take another seed."""
        seed = random.randrange(MOST_ROLLED - 1)
        self._seed.setValue(seed if seed < self.seed else seed + 1)


def _spin(name: str, accessible: str, low: int, high: int, value: int) -> QSpinBox:
    box = named(QSpinBox(), name, accessible)
    box.setRange(low, high)
    box.setValue(value)
    box.setAccelerated(True)
    return box


def _label(text: str, buddy: QWidget) -> QLabel:
    label = plain_label(text)
    label.setBuddy(buddy)
    return label


def _button(name: str, icon: str, text: str, does: Callable[[], object]) -> QToolButton:
    button = named(QToolButton(), name, text)
    button.setIcon(icons.icon(icon))
    button.setToolTip(text)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.clicked.connect(lambda _checked=False: does())
    return button
