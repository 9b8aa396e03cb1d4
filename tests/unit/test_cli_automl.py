"""`imgclf cloud automl`: what a person and a program see of custom models."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.cli.main import main
from imgclf_gui.core.project import Project
from imgclf_gui.jobs import accounts
from imgclf_gui.jobs.automl import AutoMLFolder
from tests.helpers.automl_parts import Vertex, vertex_account
from tests.helpers.command import IMGCLF
from tests.helpers.google_errors import NO_PERMISSION
from tests.helpers.importing import imported_project
from tests.helpers.token_server import TokenServer
from tests.helpers.vertex_server import VertexServer

Run = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def vertex(
    tmp_path: Path, shapes: Path, vertex_server: VertexServer, token_server: TokenServer
) -> Vertex:
    """An account that is kept, and work that is done at the first look."""
    account = vertex_account(vertex_server, token_server, tmp_path)
    accounts.save(account)
    vertex_server.cloud.plan.polls = 0
    project = imported_project(tmp_path / "project", shapes)
    return Vertex(project, vertex_server, token_server, account)


@pytest.fixture
def run(vertex: Vertex, capsys: pytest.CaptureFixture[str]) -> Run:
    """`imgclf cloud automl COMMAND PROJECT …` → its exit code, lines and errors."""

    def ran(command: str, *words: str) -> tuple[int, list[str], str]:
        code = main(["cloud", "automl", command, str(vertex.project.folder), *words])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return ran


def result(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lines[-1])
    assert found.pop("type") == "result"
    return found


TRAIN = ("--provider", "vertex", "--bucket", "bucket")


def test_a_dry_run_shows_the_price_and_connects_to_nobody(run: Run, vertex: Vertex) -> None:
    code, lines, _ = run("train", *TRAIN, "--dry-run")
    text = " ".join(lines)
    assert code == 0
    assert "60 images" in text
    assert "$27.72 at most" in text
    assert "Fewer than the recommended 1,000 images" in text
    assert lines[-1] == "Nothing was sent."
    assert vertex.connections == 0
    assert AutoMLFolder.list(vertex.project) == []


def test_without_a_yes_nothing_is_sent(run: Run, vertex: Vertex) -> None:
    code, _, errors = run("train", *TRAIN)
    assert code == 2
    assert "nobody agreed" in errors
    assert vertex.connections == 0


def test_a_model_from_training_to_the_end_of_its_deployment(run: Run, vertex: Vertex) -> None:
    code, lines, _ = run("train", *TRAIN, "--yes", "--name", "Shapes")
    assert code == 0
    assert "Train: done." in lines
    assert any("Average precision" in line for line in lines)

    code, lines, _ = run("deploy", "1", "--yes")
    assert code == 0
    assert any("$1.375 an hour" in line for line in lines)
    assert vertex.server.deployed == 1

    code, lines, _ = run("status")
    assert code == 0
    assert any("is deployed since" in line for line in lines)
    code, lines, _ = run("status", "--everywhere", "--json")
    (there,) = result(lines)["deployed"]
    assert (there["title"], there["an_hour"]) == ("Shapes", 1.375)

    with_image = next(vertex.project.images_folder.rglob("*.png"))
    code, lines, _ = run("predict", "1", str(with_image), "--yes", "--json")
    answers = result(lines)["answers"]
    assert code == 0
    assert {label for label, _ in answers[0]["guesses"]} == {"bars", "blobs", "rings"}

    code, lines, _ = run("undeploy", "latest", "--json")
    assert code == 0
    assert result(lines)["deployed"] is None
    assert vertex.server.deployed == 0


def test_events_and_result_are_lines_for_a_program(run: Run) -> None:
    code, lines, _ = run("train", *TRAIN, "--edge", "--yes", "--json")
    assert code == 0
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds.count("step_done") == 5
    found = result(lines)
    assert (found["status"], found["kind"]) == ("trained", "edge")
    assert found["metrics"]["labels"] == ["bars", "blobs", "rings"]

    code, lines, _ = run("export", "1", "--json")
    assert code == 0
    assert (Path(result(lines)["folder"]) / "model.tflite").is_file()
    code, lines, _ = run("metrics", "1")
    assert code == 0
    assert any("bars" in line for line in lines)


def test_what_was_refused_is_gone_on_with(run: Run, vertex: Vertex) -> None:
    vertex.server.refuse("CreateTrainingPipeline", NO_PERMISSION)
    code, _, errors = run("train", *TRAIN, "--yes")
    assert code == 1
    assert "no permission" in errors
    assert "--resume 001" in errors
    code, lines, _ = run("status", "--json")
    assert result(lines)["models"][0]["status"] == "failed"
    code, _, errors = run("train", "--resume", "1", "--budget", "9000")
    assert code == 2
    assert "as it was ordered" in errors
    code, lines, _ = run("train", "--resume", "1", "--json")
    assert code == 0
    assert result(lines)["status"] == "trained"
    assert vertex.server.count("CreateDataset") == 1


def test_a_training_is_cancelled(run: Run, vertex: Vertex) -> None:
    model = vertex.ordered()
    vertex.server.hold("train")
    with vertex.work(model) as work:
        for step in ("upload", "dataset", "import"):
            work._do(step)
        work._begun(work._beginning("train", ""))
    code, lines, _ = run("status", "1", "--json")
    assert code == 0
    assert result(lines)["models"][0]["steps"]["train"] == "running"
    code, lines, _ = run("cancel", "1", "--json")
    assert code == 0
    assert result(lines)["status"] == "stopped"
    code, _, errors = run("cancel", "1")
    assert code == 2
    assert "going on" in errors
    code, lines, errors = run("train", "--resume", "1")
    assert code == 2
    assert "$27.72" in " ".join(lines), "what was trained is billed, and another training anew"
    assert "nobody agreed" in errors
    assert vertex.server.count("CreateTrainingPipeline") == 1
    vertex.server.go_on("train")
    assert run("train", "--resume", "1", "--yes")[0] == 0
    assert vertex.server.count("CreateTrainingPipeline") == 2


def test_a_model_whose_order_cannot_be_read_hides_no_other(run: Run, vertex: Vertex) -> None:
    broken, model = vertex.ordered(), vertex.ordered()
    (broken.folder / "order.json").write_text("{")
    code, lines, _ = run("status", "--json")
    assert code == 0
    found = result(lines)["models"]
    assert [one["status"] for one in found] == ["damaged", "waiting"]
    assert found[1]["model"] == model.id
    (broken.folder / "events.jsonl").write_bytes(b"\xff\n[]\n")
    assert run("status")[0] == 0


def test_a_killed_command_is_gone_on_with_by_another(run: Run, vertex: Vertex) -> None:
    vertex.server.hold("train")
    words = ["cloud", "automl", "train", str(vertex.project.folder), *TRAIN, "--yes"]
    command = subprocess.Popen([*IMGCLF, *words], stdout=subprocess.DEVNULL)
    try:
        vertex.server.wait_for("GetTrainingPipeline", seconds=90)
    finally:
        command.kill()
        command.wait()
    assert AutoMLFolder.find(vertex.project, "1").state().status == "interrupted"
    vertex.server.go_on("train")
    code, lines, _ = run("train", "--resume", "1", "--json")
    assert code == 0
    assert result(lines)["status"] == "trained"
    assert vertex.server.count("CreateTrainingPipeline") == 1
    assert vertex.server.count("ImportData") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "--provider", "legacy"), "legacy"),
        (("train", "--provider", "vertex"), "bucket"),
        (("train", *TRAIN, "--budget", "1"), "8,000 to 800,000"),
        (("train", *TRAIN, "--kind", "huge"), "cloud, edge"),
        (("deploy", "7", "--yes"), "no model '7'"),
        (("metrics", "latest"), "no model 'latest'"),
        (("metrics", "1", "--threshold", "2"), "a number from 0 to 1"),
    ],
)
def test_wrong_use_says_what_to_do(run: Run, words: tuple[str, ...], said: str) -> None:
    code, _, errors = run(*words)
    assert code == 2
    assert said in errors


def test_the_dataset_is_printed_as_rows(run: Run, vertex: Vertex) -> None:
    code, lines, _ = run("rows", "--form", "legacy-csv", "--bucket", "gs://flowers/")
    assert code == 0
    assert len(lines) == 60
    split, uri, label = lines[0].split(",")
    assert split in ("TRAIN", "VALIDATION", "TEST")
    assert uri.startswith("gs://flowers/")
    assert label in ("bars", "blobs", "rings")
    assert Project.open(vertex.project.folder)
