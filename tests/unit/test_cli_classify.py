"""What `imgclf classify` refuses, before a worker is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgclf_gui.cli.main import main
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.run_folder import RunFolder
from tests.helpers.plans import a_plan, a_spec


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a run."""
    project = Project.create(tmp_path / "project")
    RunFolder.create(project, a_spec(), a_plan(), "first")
    return project.folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "classify --imagenet IMAGE"),
        (["PROJECT", "1"], "at least one image"),
        (["PROJECT", "--views", "2", "1"], "at least one image"),
        (["PROJECT", "--views", "2", "2", "x.png"], "001 (first)"),
        (["PROJECT", "1", "x.png"], "nothing at x.png"),
        (["PROJECT", "1", "x.png", "--backbone", "efficientnet-lite0"], "Add --imagenet"),
        (["--imagenet"], "Name image files"),
        (["--imagenet", "x.png"], "nothing at x.png"),
        (["--imagenet", "PROJECT", "1", "x.png"], "is a project"),
        (["--imagenet", "x.png", "--backbone", "resnet"], "efficientnet-lite0"),
        (["--imagenet", "x.png", "--views", "2"], "--views goes with a run"),
    ],
)
def test_wrong_use_says_what_would_be_right(
    project: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["classify", *(str(project) if word == "PROJECT" else word for word in words)])
    assert code == 2
    assert said in capsys.readouterr().err
