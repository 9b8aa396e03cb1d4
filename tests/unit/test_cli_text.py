"""What the command line prints of figures, names, predictions and this machine."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.cli import system
from imgclf_gui.cli.display import progress, sentence
from imgclf_gui.cli.main import main
from imgclf_gui.cli.text import duration, interval, percent, plain
from imgclf_gui.core import machine
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.protocol import events
from imgclf_gui.protocol.prediction_table import table
from tests.helpers.actor_worker import CPU
from tests.helpers.plans import a_plan, a_spec


def test_figures_have_three_digits_and_a_unit() -> None:
    assert [percent(share) for share in (0.0, 0.0123, 0.5, 0.98765, 0.99996, 1.0)] == [
        "0 %", "1.23 %", "50.0 %", "98.8 %", "99.99 %", "100 %",
    ]  # fmt: skip
    assert interval(0.841, 0.8864) == "84.1 – 88.6 %"
    assert [duration(seconds) for seconds in (7, 754, 3723)] == ["0:07", "12:34", "1:02:03"]


def test_a_name_cannot_steer_the_terminal() -> None:
    assert plain("a\x1b[2Jb\n\udc80é") == "a\N{REPLACEMENT CHARACTER}[2Jb" + (
        2 * "\N{REPLACEMENT CHARACTER}" + "é"
    )


def test_predictions_become_a_table_without_formulas() -> None:
    predictions = [
        events.Prediction(image="=1+1.png", labels=("-a", "b"), probabilities=(0.75, 0.25)),
        events.Prediction(image="c,d.png", error="it is cut short"),
    ]
    rows = list(csv.DictReader(io.StringIO(table(predictions))))
    assert list(rows[0])[:5] == ["image", "label", "probability", "label_2", "probability_2"]
    assert list(rows[0])[-3:] == ["label_5", "probability_5", "error"]
    assert (rows[0]["image"], rows[0]["label"]) == ("'=1+1.png", "'-a")
    assert (rows[0]["probability"], rows[0]["label_2"]) == ("0.750000", "b")
    assert (rows[1]["image"], rows[1]["label"], rows[1]["error"]) == (
        "c,d.png", "", "it is cut short",
    )  # fmt: skip


def test_events_are_told_in_a_line_or_shown_as_a_bar() -> None:
    run = events.RunStarted(device=CPU, epochs_total=3, steps_per_epoch=16)
    assert sentence(run) == "Training on Actor: 3 epochs of 16 steps."
    steps = events.StepsEnded(
        step=20, epoch=2, loss=0.5123, accuracy=0.875, learning_rate=1e-3,
        images_per_second=4321, seconds_left=61,
    )  # fmt: skip
    bar = progress(steps, run)
    assert bar is not None
    assert (bar.what, bar.done, bar.total) == ("Epoch 2/3", 20, 48)
    assert bar.figures == "loss 0.512  accuracy 87.5 %  4,321 images/s  1:01 left"
    summary = events.EpochSummary(
        epoch=2, step=32, loss=0.4, accuracy=0.9, validation_loss=0.5, validation_accuracy=0.85,
        learning_rate=1e-3, seconds=1, images_per_second=4000,
    )  # fmt: skip
    told = sentence(events.EpochEnded(summary=summary, best=True), run)
    assert told.startswith("Epoch 2/3  loss 0.400  90.0 %  validation loss 0.500  85.0 %")
    assert told.endswith("images/s  best")
    finished = events.ImportFinished(imported=1, duplicates=2, skipped_total=3, seconds=4)
    assert sentence(finished) == "1 image imported, 2 there already, 3 skipped, in 0:04."


def test_networks_are_listed_with_their_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    figures = {row["preset"]: row for row in result["networks"]}
    assert list(figures)[:5] == ["linear", "dnn", "dnn-dropout", "cnn", "cnn-bn"]
    assert figures["linear"]["parameters"] == 7850
    assert figures["cnn"]["multiply_adds"] == 1_473_000
    assert main(["networks", "--size", "1x1x3", "--classes", "2"]) == 0
    assert "linear" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [["networks", "--size", "28"], ["networks", "--classes", "1"], ["no-such"], [], ["train"]],
)
def test_wrong_use_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_an_error_is_a_sentence_and_a_hint_and_a_traceback_only_for_debugging(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["runs", "/nowhere"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "imgclf: /nowhere is not a project: it has no project.json.",
        "Open a project folder, or make a new project and drop the images on it.",
    ]
    assert main(["runs", "/nowhere", "--debug", "--json"]) == 2
    captured = capsys.readouterr()
    assert "Traceback" in captured.err
    assert json.loads(captured.out)["code"] == "project.missing"


def test_the_doctor_names_what_is_missing_and_what_mends_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(system.X_LIBRARIES, "libnothing.so.7", "libnothing7")
    assert main(["doctor", "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    checks = {check["name"]: check for check in result["checks"]}
    assert "libnothing7" in checks["System libraries"]["fix"]
    assert result["missing"] == ["System libraries"]


def test_the_window_knows_when_there_is_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    assert "no display" in (system.display_problem() or "")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert system.display_problem() is None


def test_a_command_without_a_worker_is_quick_and_needs_neither_tensorflow_nor_qt() -> None:
    code = (
        "import sys, time; from imgclf_gui.cli.main import main; main(['networks', '--json']);"
        "print(time.process_time());"
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'keras', 'PySide6')))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    assert float(ended.stdout.splitlines()[-1]) < 3  # processor seconds; about 0.7


@pytest.mark.parametrize("file", ["run.json", "spec.json", "plan.json"])
def test_a_damaged_run_does_not_keep_the_others_from_being_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    project = Project.create(tmp_path / "project")
    _, damaged = (RunFolder.create(project, a_spec(), a_plan()) for _ in range(2))
    (damaged.folder / file).write_text("{", "utf-8")
    assert main(["runs", str(project.folder)]) == 0
    shown = capsys.readouterr().out
    assert "interrupted" in shown
    assert f"damaged: Run 002 cannot be used: its {file} is missing or damaged." in shown


@pytest.fixture
def empty_project(tmp_path: Path) -> Path:
    """A project without images and without a network."""
    return Project.create(tmp_path / "project").folder


def _plan(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> dict[str, Any]:
    assert main(["plan", "--json", *map(str, words)]) == code
    result: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return result


def test_a_plan_tells_each_block_once_and_the_whole(
    empty_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _plan(capsys, empty_project, "--preset", "resnet-20", "--batch", "32")
    assert (told["type"], told["preset"], told["problems"]) == ("result", "resnet-20", [])
    assert (told["input_shape"], told["classes"], told["example"]) == ([28, 28, 1], 10, True)
    rows = {row["path"]: row for row in told["blocks"]}
    repeat, copy = rows["network.blocks.3.blocks.1"], rows["network.blocks.3.blocks.1.blocks.0"]
    assert (repeat["settings"], repeat["parameters"]) == ("×2", 2 * copy["parameters"])
    assert rows["network.blocks.3"]["title"] == "Stage 1"
    top = [row for path, row in rows.items() if path.count(".blocks.") == 1]
    total = told["total"]
    for figure in ("parameters", "trainable_parameters", "multiply_adds"):
        assert sum(row[figure] for row in top) == total[figure]
    assert (total["parameters"], total["trainable_parameters"]) == (270_810, 269_434)
    assert total["batch_size"] == 32
    assert total["budget"] == "No training images yet."


def test_the_largest_batch_that_a_plan_names_works_and_the_next_is_a_problem(
    empty_project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "memory_bytes", lambda: 10**9)
    of = (empty_project, "--preset", "resnet-20", "--batch")
    largest = _plan(capsys, *of, "1")["total"]["largest_batch"]
    assert 100 < largest < 1000
    assert _plan(capsys, *of, str(largest))["problems"] == []
    told = _plan(capsys, *of, str(largest + 1), code=1)
    (problem,) = told["problems"]
    assert problem["path"] == "training.batch_size"
    assert f"a batch of at most {largest}," in problem["fix"]
    assert told["total"]["training_bytes"] > 0.8e9


def test_a_plan_for_a_person_is_a_tree_with_totals(
    empty_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(empty_project), "--preset", "resnet-20"]) == 0
    shown = capsys.readouterr().out
    assert "For 28×28×1 images in 10 classes, until there is a dataset" in shown
    assert "\n    Repeat " in shown
    assert "270,810, 1,376 of them not trained" in shown
    assert "No training images yet." in shown


def _network_file(folder: Path, *blocks: dict[str, Any]) -> Path:
    file = folder / "network.json"
    network = {"format": "imgclf-network", "version": 1, "preset": None, "blocks": blocks}
    file.write_text(json.dumps(network), "utf-8")
    return file


def test_a_plan_says_what_is_wrong_where_it_is_and_what_mends_it(
    empty_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = {"kind": "convolution", "filters": 8}
    file = _network_file(
        tmp_path, {"kind": "residual", "blocks": [inside]}, {"kind": "dense", "units": "64"}
    )
    told = _plan(capsys, empty_project, "--network", file, code=1)
    residual, dense = told["problems"]
    assert residual["path"] == "network.blocks.0"
    assert "Project the shortcut" in residual["mends"]
    assert (dense["path"], dense["mends"]) == ("network.blocks.1.units", [])
    assert told["total"] is None
    assert [("parameters" in row) for row in told["blocks"]] == [False, True, False]
    assert main(["plan", str(empty_project), "--network", str(file)]) == 1
    assert f"{residual['path']}: {residual['message']}" in capsys.readouterr().out


def test_blocks_behind_a_wrong_first_one_are_listed_without_figures(
    empty_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _network_file(tmp_path, {"kind": "convolution", "size": 0}, {"kind": "logits"})
    told = _plan(capsys, empty_project, "--network", file, code=1)
    assert [row["kind"] for row in told["blocks"]] == ["convolution", "logits"]
    words = ["compare", str(empty_project), "--left", str(file), "--right", "cnn", "--json"]
    assert main(words) == 1
    compared = json.loads(capsys.readouterr().out)
    assert compared["left"]["problems"] == told["problems"]


def test_a_network_too_large_to_plan_is_a_problem_and_no_table(
    empty_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repeated = {"kind": "repeat", "count": 200, "blocks": [{"kind": "activation"}]}
    file = _network_file(tmp_path, *[repeated] * 9)
    told = _plan(capsys, empty_project, "--network", file, code=1)
    (problem,) = told["problems"]
    assert "more than 1,000 blocks" in problem["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--preset", "resnet"], "preset"),
        ([], "no network yet"),
        (["--preset", "cnn", "--batch", "0"], "training.batch_size"),
        (["--preset", "cnn", "--batch", "many"], "training.batch_size"),
        (["--preset", "cnn", "--set", "network.blocks.0.size=99"], "size"),
        (["--network", "/nowhere.json"], "nowhere.json"),
        (["--preset", "cnn", "--network", "x.json"], "not allowed with"),
    ],
)
def test_a_plan_of_nothing_is_wrong_use(
    empty_project: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(empty_project), *words]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_networks_name_their_paper_and_what_it_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["networks"]
    (resnet,) = (network for network in listed if network["preset"] == "resnet-50")
    assert resnet["paper"] == "He et al. 2015, arXiv:1512.03385"
    assert resnet["published"] == {
        "parameters": 25_557_032,
        "rounding": 0,
        "input_shape": [224, 224, 3],
        "classes": 1000,
        "by": "torchvision",
    }
    assert main(["networks"]) == 0
    assert "about 270,000" in capsys.readouterr().out


def test_a_network_file_with_problems_is_not_trained_and_not_kept(
    empty_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _network_file(tmp_path, {"kind": "convolution", "filters": 0})
    assert main(["train", str(empty_project), "--network", str(file)]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert Project.open(empty_project).spec.network.blocks == ()
