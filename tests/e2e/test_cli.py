"""The whole way without a window: import, train, measure, classify; and what goes wrong."""

from __future__ import annotations

import csv
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from imgclf_gui.core.project import Project
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.protocol import codec
from imgclf_gui.protocol.events import EpochEnded
from tests.helpers.command import IMGCLF, imgclf

PICTURES = Path(__file__).parents[1] / "pictures"
LONG = ("--preset", "cnn", "--set", "training.epochs=2000", "--set", "training.batch_size=16")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shapes: Path) -> Path:
    """A project of the shapes with a trained CNN, run 001."""
    folder = tmp_path_factory.mktemp("cli") / "shapes"
    made = imgclf("new", folder, "--from", shapes, "--set", "data.test_percent=20", "--json").result
    assert made["classes"] == ["bars", "blobs", "rings"]
    assert made["splits"] == {"train": 42, "validation": 6, "test": 12}
    trained = imgclf(
        "train", folder, "--preset", "cnn", "--name", "first", "--set", "training.epochs=15",
        "--set", "training.batch_size=8", "--json",
    )  # fmt: skip
    events = [codec.decode_event(line.encode()) for line in trained.lines[:-1]]
    assert sum(isinstance(event, EpochEnded) for event in events) == 15
    result = trained.result
    assert (result["run"], result["name"], result["status"]) == ("001", "first", "completed")
    assert (result["split"], result["images"]) == ("test", 12)
    assert result["accuracy"] >= 0.8
    assert result["interval"][0] < result["accuracy"] <= result["interval"][1]
    return folder


@pytest.fixture
def fresh(tmp_path: Path, shapes: Path) -> Path:
    """A project of the shapes without a run."""
    folder = tmp_path / "fresh"
    imgclf("new", folder, "--from", shapes)
    return folder


@contextmanager
def training(project: Path) -> Iterator[subprocess.Popen[str]]:
    """A long training that has saved its first checkpoint."""
    with subprocess.Popen(
        [*IMGCLF, "train", str(project), *LONG, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if '"checkpoint_saved"' in line:
                break
        yield process
        process.kill()


def worker_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The worker that `process` started."""
    (worker,) = [
        child for child in psutil.Process(process.pid).children() if "--worker" in child.cmdline()
    ]
    return worker


def ended(process: subprocess.Popen[str]) -> str:
    """What it printed to stderr until its end."""
    return process.communicate(timeout=30)[1]


def state(project: Path) -> tuple[str, bool]:
    """The status of the newest run, and whether it can be resumed."""
    found = RunFolder.find(Project.open(project), "latest").state()
    return found.status, found.resumable


def shorten(project: Path) -> None:
    """Make the newest run one of 3 epochs, so that a test can wait for its end."""
    run = RunFolder.find(Project.open(project), "latest")
    plan = run.plan()
    done = max([epoch.epoch for epoch in run.state().epochs], default=0)
    training = plan.training.model_copy(update={"epochs": done + 2})
    text = plan.model_copy(update={"training": training}).model_dump_json()
    (run.folder / "plan.json").write_text(text, "utf-8")


def test_a_run_is_listed_and_measured_again(project: Path) -> None:
    (run,) = imgclf("runs", project, "--json").result["runs"]
    assert (run["run"], run["status"], set(run["accuracies"])) == (
        "001", "completed", {"validation", "test"},
    )  # fmt: skip
    measured = imgclf("evaluate", project, "first", "--split", "train", "--json").result
    assert (measured["split"], measured["images"]) == ("train", 42)
    assert measured["accuracy"] >= 0.8
    report = RunFolder.find(Project.open(project), "1").report()
    assert report is not None
    assert set(report["evaluations"]) == {"train", "validation", "test"}
    assert "accuracy on test" in "\n".join(imgclf("evaluate", project, "1").lines).lower()


def test_images_and_folders_are_classified(project: Path, shapes: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    table = tmp_path / "table.csv"
    result = imgclf(
        "classify", project, "latest", shapes / "bars" / "003.png", shapes / "rings", broken,
        "--csv", table, "--json",
    ).result  # fmt: skip
    assert (result["images"], result["failed"]) == (22, 1)
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert rows[0]["label"] == "bars"
    assert sum(row["label"] == "rings" for row in rows[1:21]) >= 18
    assert rows[21]["error"]
    shown = imgclf("classify", project, "latest", shapes / "bars" / "003.png").lines
    assert any("003.png" in line and "bars" in line for line in shown)


def test_photographs_are_named_without_a_project(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    result = imgclf("classify", "--imagenet", PICTURES, "--csv", table, "--json").result
    assert (result["backbone"], result["images"], result["failed"]) == ("efficientnet-lite0", 3, 0)
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert [Path(row["image"]).stem for row in rows] == ["chelsea", "coffee", "rocket"]
    assert rows[1]["label"] == "espresso"


def test_the_preset_of_the_first_run_becomes_the_projects_network(project: Path) -> None:
    assert Project.open(project).spec.network.preset == "cnn"


def test_a_killed_worker_is_a_sentence_and_its_run_resumes(fresh: Path) -> None:
    with training(fresh) as process:
        worker_of(process).kill()
        errors = ended(process)
    assert process.returncode == 1
    assert "most likely because memory ran out" in errors
    assert "--resume 001" in errors
    assert "Traceback" not in errors
    assert state(fresh) == ("failed", True)
    shorten(fresh)
    result = imgclf("train", fresh, "--resume", "latest", "--json").result
    assert (result["run"], result["status"]) == ("001", "completed")
    imgclf("train", fresh, "--resume", "latest", code=2)


def test_a_killed_command_leaves_no_worker_and_its_run_resumes(fresh: Path) -> None:
    with training(fresh) as process:
        worker = worker_of(process)
        process.kill()
        psutil.wait_procs([worker], timeout=20)
        assert not worker.is_running()
    assert state(fresh)[1]
    shorten(fresh)
    assert imgclf("train", fresh, "--resume", "1", "--json").result["status"] == "completed"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_ctrl_c_stops_in_order(fresh: Path) -> None:
    with training(fresh) as process:
        os.kill(process.pid, signal.SIGINT)
        errors = ended(process)
    assert (process.returncode, errors) == (1, "")
    assert state(fresh) == ("stopped", True)


def test_a_diverging_training_is_said(fresh: Path) -> None:
    said = imgclf(
        "train", fresh, "--preset", "dnn", "--set", "training.optimizer=sgd",
        "--set", "training.learning_rate=10", "--set", "training.schedule=constant", code=1,
    )  # fmt: skip
    assert "learning rate" in said.errors
    assert "Traceback" not in said.errors


@pytest.mark.skipif(sys.platform == "win32", reason="needs ulimit")
def test_a_full_disk_is_said(fresh: Path) -> None:
    # No file may grow beyond 100 KiB: a checkpoint of the CNN is larger.
    words = [*IMGCLF, "train", str(fresh), "--preset", "cnn"]
    ended = subprocess.run(
        ["bash", "-c", f"ulimit -f 100; exec {shlex.join(words)}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert "There is no space left to write" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "PROJECT", "--preset", "resnet"], "linear, dnn, dnn-dropout, cnn, cnn-bn"),
        (["train", "PROJECT", "--set", "training.epochs=0"], "greater than or equal to 1"),
        (["train", "PROJECT", "--set", "training.epoch=1"], "training.epochs"),
        (["train", "PROJECT", "--set", "training.warmup_epochs=900"], "shorter warm-up"),
        (["train", "PROJECT", "--resume", "9"], "001 (first)"),
        (["train", "PROJECT", "--resume", "1", "--name", "x"], "Leave"),
        (["evaluate", "PROJECT", "second"], "001 (first)"),
        (["classify", "PROJECT", "1", "no-such.png"], "Check the path"),
        (["classify", "PROJECT", "1", "PROJECT", "--csv", "/no-such/x.csv"], "Make it"),
        (["import", "PROJECT", "no-such-folder"], "Check the path"),
        (["new", "PROJECT"], "Choose a new folder"),
    ],
)
def test_wrong_use_says_what_would_be_right(project: Path, words: list[str], said: str) -> None:
    called = [str(project) if word == "PROJECT" else word for word in words]
    assert said in imgclf(*called, code=2).errors


def test_a_source_without_images_leaves_no_project(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = imgclf("new", tmp_path / "made", "--from", tmp_path / "empty", code=1)
    assert said.errors
    assert not (tmp_path / "made").exists()


def test_the_devices_are_those_of_tensorflow() -> None:
    result = imgclf("devices", "--json").result
    assert result["devices"][0]["label"] == "cpu"
    assert "tensorflow" in result["versions"]


def test_the_window_without_a_display_runs_the_demonstration_here(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    lines = imgclf("--demo").lines
    assert "no display" in lines[0]
    assert any("Accuracy, test" in line and "500 images" in line for line in lines)
    report = own_folders / "data" / "demo-fashion" / "runs" / "001" / "report.json"
    assert any(str(report) in line for line in lines)
    assert report.exists()
