"""`imgclf lab`: both twins are trained, compared, and read again later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.command import imgclf

NORMALIZED = {"kind": "batch-normalization"}
CONVOLUTION = {"kind": "convolution", "filters": 4, "activation": "none", "bias": False}
NETWORK = {
    "format": "imgclf-network",
    "version": 1,
    "blocks": [
        CONVOLUTION,
        NORMALIZED,
        {"kind": "residual", "blocks": [CONVOLUTION, NORMALIZED]},
        {"kind": "flatten"},
        {"kind": "logits"},
    ],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shapes: Path) -> Path:
    """A project of the shapes, and the network's file beside it."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "network.json").write_text(json.dumps(NETWORK), "utf-8")
    imgclf("new", folder / "project", "--from", shapes)
    return folder / "project"


def test_twins_are_trained_and_shown_again(project: Path) -> None:
    trained = imgclf(
        "lab", project, "--network", project.parent / "network.json", "--without", "shortcuts",
        "--epochs", "2", "--set", "training.batch_size=8", "--json",
    ).result  # fmt: skip
    whole, reduced = trained["runs"]["with"], trained["runs"]["without"]
    assert (whole["run"], reduced["run"]) == ("001", "002")
    assert reduced["name"].endswith(" without shortcuts")
    assert whole["parameters"] == reduced["parameters"]
    for run in (whole, reduced):
        assert (run["status"], run["epochs"]) == ("completed", 2)
        assert set(run["accuracies"]) == {"validation", "test"}
        low, high = run["accuracies"]["test"]["interval"]
        assert low <= run["accuracies"]["test"]["accuracy"] <= high
        assert [block["number"] for block in run["blocks"]] == [1, 2, 3]
        assert run["blocks"][0]["first"]["spread"] == pytest.approx(1, abs=0.05)
        assert run["blocks"][0]["last"]["gradient"] > 0
        assert run["observations"] > 2
    assert any("after epoch 2 the training loss" in sentence for sentence in trained["findings"])
    again = imgclf("lab", project, "--json").result
    assert again == trained
    table = "\n".join(imgclf("lab", project).lines)
    assert "With shortcuts" in table
    assert "Without shortcuts" in table
    assert trained["findings"][-1] in table


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--preset", "linear", "--without", "shortcuts"], "no 'shortcuts'"),
        (["--preset", "resnet-20"], "--without shortcuts"),
        (["--preset", "cnn", "--without", "dropout", "--epochs", "0"], "epochs"),
        (["--preset", "cnn", "--without", "dropout", "--set", "training.batch_size=x"], "batch"),
    ],
)
def test_wrong_use_says_what_would_be_right(project: Path, words: list[str], said: str) -> None:
    ended = imgclf("lab", project, *words, code=2)
    assert said in ended.errors


def test_a_project_without_twins_says_how_to_train_them(tmp_path: Path, shapes: Path) -> None:
    imgclf("new", tmp_path / "fresh", "--from", shapes)
    assert "no twins yet" in imgclf("lab", tmp_path / "fresh", code=2).errors
