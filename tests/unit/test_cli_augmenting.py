"""What `imgclf augment`, `imgclf check-labels` and `--views` say, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgclf_gui.cli.augmenting import check_words
from imgclf_gui.cli.display import Bar, progress
from imgclf_gui.cli.main import main
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.protocol import events
from tests.helpers.plans import a_plan, a_spec


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a run, and without augmentations."""
    project = Project.create(tmp_path / "project")
    RunFolder.create(project, a_spec(), a_plan(), "first")
    return project.folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["augment", "PROJECT"], "--to"),
        (["augment", "PROJECT", "--to", "x"], "Name a list of them with --preset: none, light"),
        (["augment", "PROJECT", "--to", "x", "--preset", "none"], "no augmentations to carry out"),
        (["augment", "PROJECT", "--to", "x", "--preset", "lite"], "no 'lite'"),
        (["augment", "PROJECT", "--to", "x", "--copies", "0"], "from 1 to 1,000"),
        (["check-labels", "PROJECT", "--draws", "65"], "from 1 to 64"),
        (["check-labels", "PROJECT", "--run", "second"], "001 (first)"),
        (["check-labels", "PROJECT"], "no augmentations to carry out"),
        (["evaluate", "PROJECT", "1", "--views", "many"], "from 0 to 64"),
        (["classify", "PROJECT", "1", "x.png", "--views", "-1"], "from 0 to 64"),
    ],
)
def test_wrong_use_says_what_would_be_right(
    project: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([str(project) if word == "PROJECT" else word for word in words])
    assert code == 2
    assert said in capsys.readouterr().err


def test_a_label_check_is_told_with_its_interval_and_both_accuracies() -> None:
    checked = events.LabelsChecked(
        run="001",
        split="validation",
        images=500,
        draws=4,
        changed=0.1234,
        interval=(0.1, 0.15),
        accuracy_before=0.91,
        accuracy_after=0.8,
        classes=(),
        worst=(),
        file="worst.npy",
    )
    assert check_words(checked) == (
        "12.3 % of 2,000 copies (95 % interval 10.0 – 15.0 %) are taken for another class than the "
        "image that they were made of. Of the images 91.0 % are right, of the copies 80.0 %."
    )


def test_copies_have_a_bar() -> None:
    event = events.CopiesProgressed(done=5, total=20, images_per_second=1234, seconds_left=61)
    assert progress(event) == Bar("Writing copies", 5, 20, "1,234 images/s  1:01 left")
