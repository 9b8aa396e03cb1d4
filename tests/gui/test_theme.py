"""Colours can be read, and follow the person's choice."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.theme import DARK, LIGHT, Appearance, Theme


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2.2 contrast ratio, 1…21."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(color: QColor) -> float:
    parts = [color.redF(), color.greenF(), color.blueF()]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("one", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(one: Theme) -> None:
    grounds = [QColor(one.window), QColor(one.base), QColor(one.raised)]
    assert all(contrast(QColor(one.text), ground) >= 7 for ground in grounds)
    assert all(contrast(QColor(one.muted), ground) >= 4.5 for ground in grounds[:2])
    assert all(contrast(QColor(one.bad), ground) >= 4.5 for ground in grounds[:2])
    assert contrast(QColor(one.on_accent), QColor(one.accent)) >= 3.5


@pytest.mark.parametrize("one", [LIGHT, DARK], ids=["light", "dark"])
def test_class_colours_stand_out_and_return(one: Theme) -> None:
    ground = QColor(one.base)
    assert all(contrast(one.class_color(place), ground) >= 3 for place in range(8))
    assert len({one.class_color(place).name() for place in range(8)}) == 8
    assert one.class_color(8) == one.class_color(0)


def test_the_choice_is_applied_at_once(appearance: Appearance, qtbot: QtBot) -> None:
    with qtbot.waitSignal(appearance.changed):
        appearance.choose("dark")
    assert theme.current() is DARK
    assert QApplication.palette().color(QPalette.ColorRole.Window).name() == DARK.window
    appearance.choose("light")
    assert theme.current() is LIGHT


def test_icons_take_the_colour_of_the_text(appearance: Appearance) -> None:
    def painted() -> set[str]:
        image = icons.icon("dataset").pixmap(QSize(32, 32)).toImage()
        pixels = [image.pixelColor(x, y) for x in range(32) for y in range(32)]
        return {pixel.name() for pixel in pixels if pixel.alpha() == 255}

    appearance.choose("dark")
    assert DARK.text in painted()
    appearance.choose("light")
    assert LIGHT.text in painted()


def test_every_icon_has_a_picture(qapp: QApplication) -> None:
    for name in icons.NAMES:
        assert not icons.icon(name).isNull()
        image = icons.icon(name).pixmap(QSize(24, 24), QIcon.Mode.Disabled).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24)), name


def test_the_primary_button_can_be_read(appearance: Appearance, qtbot: QtBot) -> None:
    button = QPushButton("Train")
    qtbot.addWidget(button)
    theme.set_primary(button)
    palette = button.palette()
    assert contrast(palette.button().color(), palette.buttonText().color()) >= 4.5
