"""The diagram of a network: shown, zoomed, clicked, and saved as a file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QToolButton
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Blocks, Place
from imgclf_gui.gui.operations.pictures import choose_picture_file, save_picture
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import DARK, LIGHT, Appearance
from imgclf_gui.gui.widgets.network_diagram import READABLE, NetworkDiagram
from imgclf_gui.plan import draft_network, preset_network

SHAPE = (32, 32, 3)


@pytest.fixture
def diagram(appearance: Appearance, qtbot: QtBot) -> NetworkDiagram:
    """A shown diagram of the preset 'cnn'."""
    del appearance
    made = NetworkDiagram()
    qtbot.addWidget(made)
    made.resize(900, 260)
    show(made, preset_network("cnn").blocks)
    with qtbot.waitExposed(made):
        made.show()
    return made


def show(diagram: NetworkDiagram, blocks: Blocks) -> None:
    diagram.show_network(blocks, draft_network(blocks, SHAPE, 10), SHAPE)


def middle(diagram: NetworkDiagram, *place: int) -> QPoint:
    """Where the block is seen."""
    box = diagram.layout_shown.box_of(place)
    assert box is not None
    return diagram.mapFromScene(box.left + box.width / 2, box.top + box.height / 2)


def colours(diagram: NetworkDiagram) -> set[str]:
    image = diagram.viewport().grab().toImage()
    points = [(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)]
    return {image.pixelColor(x, y).name() for x, y in points}


def test_a_click_chooses_a_block(diagram: NetworkDiagram, qtbot: QtBot) -> None:
    with qtbot.waitSignal(diagram.place_chosen) as chosen:
        QTest.mouseClick(diagram.viewport(), Qt.MouseButton.LeftButton, pos=middle(diagram, 2))
    assert chosen.args == [(2,)]
    assert "Chosen: Convolution 16×16×20." in diagram.accessibleDescription()


def test_dragging_and_clicks_on_nothing_choose_no_block(diagram: NetworkDiagram) -> None:
    found: list[Place] = []
    diagram.place_chosen.connect(found.append)
    view, start = diagram.viewport(), middle(diagram, 2)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start + QPoint(60, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(60, 0))
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert found == []


def test_the_keyboard_goes_from_block_to_block(diagram: NetworkDiagram) -> None:
    found: list[Place] = []
    diagram.place_chosen.connect(found.append)
    keys = (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left)
    for key in keys:
        QTest.keyClick(diagram, key)
    assert found == [(0,), (1,), (0,)]


def test_a_chosen_block_is_highlighted_and_comes_into_view(diagram: NetworkDiagram) -> None:
    show(diagram, preset_network("resnet-56").blocks)
    before = colours(diagram)
    last = len(preset_network("resnet-56").blocks) - 1
    diagram.choose((last,))
    QApplication.processEvents()
    assert diagram.viewport().rect().contains(middle(diagram, last))
    diagram.choose((3, 1))
    QApplication.processEvents()
    assert colours(diagram) != before
    diagram.choose(None)
    assert "Chosen" not in diagram.accessibleDescription()


def test_a_place_that_is_not_there_is_no_harm(diagram: NetworkDiagram) -> None:
    diagram.choose((99, 3))
    show(diagram, ())
    assert "Chosen" not in diagram.accessibleDescription()


def test_plus_minus_and_0_zoom(diagram: NetworkDiagram) -> None:
    before = diagram.zoom
    QTest.keyClick(diagram, Qt.Key.Key_Plus)
    assert diagram.zoom > before
    QTest.keyClick(diagram, Qt.Key.Key_Minus)
    assert diagram.zoom == pytest.approx(before)
    show(diagram, preset_network("resnet-56").blocks)
    QTest.keyClick(diagram, Qt.Key.Key_0)
    last = len(preset_network("resnet-56").blocks) - 1
    for place in (0, last):
        assert diagram.viewport().rect().contains(middle(diagram, place))


def test_the_wheel_scrolls_and_with_ctrl_it_zooms(diagram: NetworkDiagram) -> None:
    show(diagram, preset_network("resnet-56").blocks)
    before, scrolled = diagram.zoom, diagram.horizontalScrollBar().value()
    turn(diagram, -120, Qt.KeyboardModifier.NoModifier)
    assert diagram.zoom == before and diagram.horizontalScrollBar().value() > scrolled
    turn(diagram, 120, Qt.KeyboardModifier.ControlModifier)
    assert diagram.zoom > before


def turn(diagram: NetworkDiagram, angle: int, modifier: Qt.KeyboardModifier) -> None:
    at = QPointF(50, 50)
    event = QWheelEvent(
        at,
        QPointF(diagram.mapToGlobal(at)),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(diagram.viewport(), event)


def test_a_network_begins_readable_and_a_chosen_zoom_stays(diagram: NetworkDiagram) -> None:
    show(diagram, preset_network("resnet-56").blocks)
    assert diagram.zoom >= READABLE
    assert diagram.viewport().rect().contains(middle(diagram, 0))
    diagram.zoom_by(1.3)
    zoom = diagram.zoom
    show(diagram, preset_network("cnn").blocks)
    diagram.resize(700, 300)
    assert diagram.zoom == pytest.approx(zoom)


def test_nothing_is_done_while_it_is_hidden(qtbot: QtBot) -> None:
    made = NetworkDiagram()
    qtbot.addWidget(made)
    show(made, preset_network("cnn").blocks)
    assert made.layout_shown.cards == [] and made.accessibleDescription() == ""
    with qtbot.waitExposed(made):
        made.show()
    assert len(made.layout_shown.cards) == 9


def test_it_takes_the_colours_of_a_new_theme(
    diagram: NetworkDiagram, appearance: Appearance, qtbot: QtBot
) -> None:
    light = colours(diagram)
    assert LIGHT.base in light
    appearance.choose("dark")
    qtbot.waitUntil(lambda: DARK.base in colours(diagram))
    assert LIGHT.class_color(0).name() not in colours(diagram)
    appearance.choose("light")
    qtbot.waitUntil(lambda: colours(diagram) == light)


def test_it_is_told_in_words(diagram: NetworkDiagram) -> None:
    assert diagram.accessibleName() == "Diagram of the network"
    assert diagram.accessibleDescription().startswith(
        "Input 32×32×3, Convolution 32×32×10, Max pooling 16×16×10"
    )


def test_small_texts_are_left_out_from_afar(diagram: NetworkDiagram) -> None:
    near = len(colours(diagram))
    diagram.zoom_by(0.2)
    assert len(colours(diagram)) < near


def test_the_buttons_and_the_menu_do_the_same(diagram: NetworkDiagram, qtbot: QtBot) -> None:
    before = diagram.zoom
    button = diagram.findChild(QToolButton, "diagram_zoom_in")
    assert button is not None
    button.click()
    assert diagram.zoom > before
    titles = [action.text() for action in diagram.actions()]
    assert "Save picture…" in titles and len(titles) == 4
    with qtbot.waitSignal(diagram.save_asked):
        diagram.actions()[titles.index("Save picture…")].trigger()


def test_the_picture_as_svg_has_its_texts(diagram: NetworkDiagram, tmp_path: Path) -> None:
    blocks = preset_network("resnet-56").blocks
    show(diagram, blocks)
    diagram.save_svg(tmp_path / "net.svg")
    root = ElementTree.parse(tmp_path / "net.svg").getroot()  # noqa: S314 our own file
    texts = [text for node in root.iter() if (text := (node.text or "").strip())]
    assert {"Stage 3", "Repeat ×8", "Convolution", "8×8×64", "zeros"} <= set(texts)
    view = [float(number) for number in root.attrib["viewBox"].split()]
    box = diagram.layout_shown.box
    assert view[2] >= box.width and view[3] >= box.height


def test_the_picture_as_png_is_twice_as_large_and_white_in_any_theme(
    diagram: NetworkDiagram, appearance: Appearance, tmp_path: Path
) -> None:
    appearance.choose("dark")
    diagram.save_png(tmp_path / "net.png")
    appearance.choose("light")
    image = QImage(str(tmp_path / "net.png"))
    assert image.width() >= 2 * diagram.layout_shown.box.width
    assert image.pixelColor(0, 0).name() == "#ffffff"
    corner = image.pixelColor(image.width() - 1, image.height() - 1)
    assert corner.name() == "#ffffff"


def test_a_very_long_network_still_fits_into_a_png(diagram: NetworkDiagram, tmp_path: Path) -> None:
    show(diagram, tuple(BlockSpec(kind="convolution") for _ in range(400)))
    diagram.save_png(tmp_path / "long.png")
    assert 15_000 < QImage(str(tmp_path / "long.png")).width() <= 16_000


def test_a_file_that_cannot_be_written_is_told(diagram: NetworkDiagram, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        diagram.save_svg(tmp_path / "no such folder" / "net.svg")
    assert refused.value.code == "file.write"


def test_saving_asks_for_a_file_and_remembers_its_folder(
    diagram: NetworkDiagram, opened: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    failures: list[ErrorReport] = []
    opened.said.connect(said.append)
    opened.failed.connect(failures.append)
    answer = (str(tmp_path / "net"), "PNG, for anything else (*.png)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: answer)
    choose_picture_file(opened, diagram)
    assert not QImage(str(tmp_path / "net.png")).isNull()
    assert said == [f"The diagram is in {tmp_path / 'net.png'}."]
    assert opened.settings.last_folders["picture"] == str(tmp_path)
    save_picture(opened, diagram, tmp_path / "no such folder" / "net.svg")
    assert [one.code for one in failures] == ["file.write"]
