"""What a person means by what they drop."""

from __future__ import annotations

import shutil
from pathlib import Path

from imgclf_gui.gui.drops import understand


def test_a_project_is_opened(project_folder: Path, shapes: Path) -> None:
    assert understand([shapes, project_folder]).verb == "open"


def test_class_folders_and_archives_are_imported(shapes: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "shapes"), "zip", shapes))
    assert understand([shapes]).verb == "import"
    assert understand([archive]).verb == "import"


def test_a_table_is_imported(tmp_path: Path, shapes: Path) -> None:
    table = tmp_path / "images.csv"
    table.write_text(f"path,label\n{shapes}/bars/000.png,bars\n")
    assert understand([table]).paths == (table,)
    assert understand([table]).verb == "import"


def test_images_are_classified(shapes: Path) -> None:
    images = [shapes / "bars" / "000.png", shapes / "rings" / "000.png"]
    drop = understand(images)
    assert (drop.verb, drop.paths) == ("classify", tuple(images))


def test_a_folder_of_images_without_classes_is_classified(shapes: Path) -> None:
    assert understand([shapes / "bars"]).verb == "classify"


def test_anything_else_is_not_understood(tmp_path: Path) -> None:
    odd = tmp_path / "notes.txt"
    odd.write_text("hello")
    assert understand([odd]).verb == "nothing"
    assert understand([]).verb == "nothing"
    assert understand([tmp_path / "gone.png"]).verb == "nothing"
