"""Pictures for the window, decoded by threads."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from imgclf_gui.core.dataset import Dataset
from imgclf_gui.gui.studio import Studio


def test_thumbnails_and_previews_are_decoded_side_by_side(opened: Studio, qtbot: QtBot) -> None:
    """Two threads that decode must never wait for each other: one of them holding Python's lock
    while it waits for Qt's lock on image formats would stop the whole window."""
    assert opened.project is not None
    with Dataset.open(opened.project.dataset_path) as dataset:
        rows = dataset.images()

    def all_there() -> bool:
        pictures = [opened.thumbnails.picture(row, "thumbnail") for row in rows]
        pictures += [opened.thumbnails.picture(row, "preview") for row in rows]
        return all(picture is not None and not picture.isNull() for picture in pictures)

    for _ in range(20):
        opened.thumbnails.show_project(opened.project)
        qtbot.waitUntil(all_there, timeout=10_000)
