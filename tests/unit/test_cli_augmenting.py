"""What `imgclf augment`, `imgclf check-labels` and `--views` say, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgclf_gui.cli.augmenting import GAP, check_words, save_examples
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
        (["augment", "PROJECT", "--to", "x"], "Name a list of them with --preset: light"),
        (["augment", "PROJECT", "--to", "x", "--preset", "none"], "no augmentations to carry out"),
        (["augment", "PROJECT", "--to", "x", "--preset", "lite"], "no 'lite'"),
        (["augment", "PROJECT", "--to", "x", "--copies", "0"], "from 1 to 1,000"),
        (["check-labels", "PROJECT", "--draws", "65"], "from 1 to 64"),
        (["check-labels", "PROJECT", "--run", "second"], "001 (first)"),
        (["check-labels", "PROJECT"], "no augmentations to carry out"),
        (["check-labels", "PROJECT", "--preset", "light", "--to", "PROJECT"], "is not empty"),
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


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 1), (5, 1, 1), (2, 3, 3)])
def test_the_worst_examples_stand_beside_their_images(
    tmp_path: Path, shape: tuple[int, int, int]
) -> None:
    height, width, channels = shape
    example = events.ChangedLabel(
        image=7, label="a", before="a", after="b", probability_before=1, probability_after=0
    )
    pictures = np.stack([np.full(shape, 10, np.uint8), np.full(shape, 90, np.uint8)])[None]
    save_examples(tmp_path / "worst", [example], pictures)
    with Image.open(tmp_path / "worst" / "01-image-7.png") as found:
        assert found.size == (2 * width + GAP, height)
        assert found.mode == ("L" if channels == 1 else "RGB")
        assert np.asarray(found)[0, [0, -1]].min(axis=-1).min() == 10


def test_copies_have_a_bar() -> None:
    event = events.CopiesProgressed(done=5, total=20, images_per_second=1234, seconds_left=61)
    assert progress(event) == Bar("Copies", 5, 20, "1,234 images/s  1:01 left")
