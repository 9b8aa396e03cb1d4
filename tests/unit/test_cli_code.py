"""`imgclf code`: printed, or into a file, of the project's network or another."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from imgclf_gui.cli.main import main
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec
from imgclf_gui.plan import preset_network
from imgclf_gui.plan.network_file import write_network
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.worker.importing import import_images

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, shapes: Path) -> Path:
    """A project with 60 images in three classes and the linear network."""
    folder = tmp_path / "project"
    Project.create(folder, ProjectSpec(network=preset_network("linear")))
    command = ImportImages(job="import", project=str(folder), source=str(shapes))
    import_images(command, lambda _event: None, lambda: False)
    return folder


def code(*words: str | Path) -> int:
    return main(["code", *map(str, words)])


def test_the_projects_own_network_is_printed_as_a_script(project: Path, capsys: Captured) -> None:
    assert code(project) == 0
    printed = capsys.readouterr().out
    assert "layers.Flatten()" in printed and "Conv2D" not in printed
    assert f"FOLDER = Path({project.as_posix()!r})" in ast.unparse(ast.parse(printed))


def test_a_preset_and_settings_are_taken(project: Path, capsys: Captured) -> None:
    assert code(project, "--preset", "cnn", "--set", "training.epochs=3") == 0
    printed = capsys.readouterr().out
    assert "layers.Conv2D(10, 5" in printed
    assert "\nEPOCHS = 3\n" in printed
    assert Project.open(project).spec.network.preset == "linear", "the project is as it was"


def test_a_network_file_is_taken(project: Path, tmp_path: Path, capsys: Captured) -> None:
    blocks = (
        BlockSpec(kind="flatten"),
        BlockSpec(kind="dense", units=77),
        BlockSpec(kind="logits"),
    )
    write_network(tmp_path / "mine.json", NetworkSpec(blocks=blocks))
    assert code(project, "--network", tmp_path / "mine.json") == 0
    assert "layers.Dense(77" in capsys.readouterr().out


def test_json_says_where_the_script_is(project: Path, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "script.py"
    assert code(project, "--to", file, "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    result = json.loads(line)
    assert result["file"] == str(file)
    assert result["parameters"] == 435
    assert file.read_text("utf-8") == result["code"]


def test_a_notebook_is_written_where_the_name_says_so(
    project: Path, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "Notebook.IPYNB"
    assert code(project, "--to", file) == 0
    assert json.loads(file.read_text("utf-8"))["nbformat"] == 4
    assert str(file) in capsys.readouterr().out


def test_a_network_with_a_problem_is_refused(
    project: Path, tmp_path: Path, capsys: Captured
) -> None:
    write_network(tmp_path / "wrong.json", NetworkSpec(blocks=(BlockSpec(kind="flatten"),)))
    assert code(project, "--network", tmp_path / "wrong.json", "--to", tmp_path / "x.py") == 2
    assert "End it with the Logits block." in capsys.readouterr().err
    assert not (tmp_path / "x.py").exists()


def test_a_folder_that_is_not_there_is_said(
    project: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert code(project, "--to", tmp_path / "nowhere" / "x.py") == 2
    assert "There is no folder" in capsys.readouterr().err
