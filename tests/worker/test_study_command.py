"""`imgclf study`: trained, shown again, listed, gone on with after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from imgclf_gui.jobs.study_folder import StudyFolder
from tests.helpers.command import IMGCLF, imgclf

STEPS = (
    "--preset", "linear", "--augment", "none", "--set", "augmentation.steps.0=brightness",
    "--set", "augmentation.steps.1=contrast",
)  # fmt: skip
"""A network and augmentations that are quickly built."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shapes: Path) -> Path:
    """A project of the shapes."""
    folder = tmp_path_factory.mktemp("study") / "project"
    imgclf("new", folder, "--from", shapes)
    return folder


@pytest.fixture(scope="module")
def trained(project: Path) -> dict[str, object]:
    """What the command says of a study that it has carried out."""
    return imgclf(
        "study", project, *STEPS,
        "--epochs", "1", "--seeds", "2", "--images", "40", "--json",
    ).result  # fmt: skip


def test_a_study_is_carried_out_and_shown_again(project: Path, trained: dict[str, object]) -> None:
    variants = trained["variants"]
    assert isinstance(variants, list)
    assert (trained["status"], trained["seeds"], trained["epochs"]) == ("completed", [0, 1], 1)
    assert trained["trainings"] == trained["done"] == 2 * len(variants) == 8
    assert (trained["train_images"], trained["validation_images"]) == (40, 6)
    assert [row["title"] for row in variants][::len(variants) - 1] == [
        "No augmentation", "All together",
    ]  # fmt: skip
    assert all(row["verdict"] in ("no difference", "helps", "hurts") for row in variants[1:])
    assert imgclf("study", project, "--show", "latest", "--json").result == trained
    shown = "\n".join(imgclf("study", project, "--show", "1").lines)
    assert "A short training says little about a long one." in shown
    assert all(row["sentence"] in shown for row in variants[1:])


def test_studies_are_listed(project: Path, trained: dict[str, object]) -> None:
    (listed,) = imgclf("study", project, "--list", "--json").result["studies"]
    assert listed.items() <= trained.items()
    assert "completed" in "\n".join(imgclf("study", project, "--list").lines)


def test_a_study_whose_command_is_killed_goes_on(project: Path, trained: dict[str, object]) -> None:
    words = ["study", project, *STEPS, "--epochs", "20", "--seeds", "2", "--json"]
    with subprocess.Popen(
        [*IMGCLF, *map(str, words)], stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        for line in command.stdout:
            if "variant_trained" in line:
                break
        os.kill(command.pid, signal.SIGKILL)
    study = StudyFolder.open(project / "studies" / "002")
    state = study.state()
    assert (state.status, state.resumable) == ("interrupted", True)
    assert (0, 0) in state.trained
    resumed = imgclf("study", project, "--resume", "2", "--json")
    assert resumed.result["status"] == "completed"
    assert not any('"variant":0,"seed":0' in line and "trained" in line for line in resumed.lines)
    assert imgclf("study", project, "--resume", "2", code=2).errors.startswith("imgclf: Study 002")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--augment", "none"], "No augmentation is switched on"),
        (["--augment", "nonsense"], "nonsense"),
        (["--augment", "light", "--epochs", "0"], "study.epochs"),
        (["--augment", "light", "--seeds", "100"], "Choose 1 to 20"),
        (["--resume", "1", "--seeds", "2"], "as it was begun"),
        (["--list", "--augment", "light"], "as it was begun"),
        (["--show", "77"], "no study '77'"),
    ],
)
def test_wrong_use_says_what_would_be_right(project: Path, words: list[str], said: str) -> None:
    assert said in imgclf("study", project, *words, code=2).errors
