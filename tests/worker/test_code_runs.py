"""What the code view writes is what the worker builds and trains, and it runs as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.catalog import augmentation_entries
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.planning import plan_run
from imgclf_gui.plan import Plan, preset_network
from imgclf_gui.plan.code.calls import USUAL
from tests.helpers.code_facts import CodeFacts, code_facts
from tests.helpers.code_plans import drawn_plans, nested, planned, preset_plans, trainings
from tests.helpers.command import imgclf

CLASSIFY = """
import json, keras, numpy as np, script
pixels, _ = script.load(script.find_images(script.FOLDER)["test"])
answers = keras.models.load_model("model.keras")(pixels.astype("float32"))
print(json.dumps([pixels.tolist(), np.asarray(answers).tolist()]))
"""
"""What a person does with the model: raw pixels in, probabilities out."""


@pytest.fixture(scope="module")
def networks() -> dict[str, Plan]:
    """Every preset, fifty random networks, and containers in one another."""
    return {"nested": planned(nested()), **dict(preset_plans()), **dict(drawn_plans(50))}


@pytest.fixture(scope="module")
def runs() -> dict[str, Plan]:
    """Every optimizer and every schedule."""
    network = preset_network("linear")
    return {f"{spec}": planned(network, training=spec, shape=(8, 8, 1)) for spec in trainings()}


@pytest.fixture(scope="module")
def found(
    tmp_path_factory: pytest.TempPathFactory, networks: dict[str, Plan], runs: dict[str, Plan]
) -> CodeFacts:
    """What Keras makes of all their scripts."""
    return code_facts(tmp_path_factory.mktemp("scripts"), networks | runs)


def wrong(found: CodeFacts, plans: dict[str, Plan], *facts: str) -> dict[str, list[str]]:
    """The facts that do not hold, by plan."""
    return {
        name: missed
        for name in plans
        if (missed := [fact for fact in facts if not found.scripts[name][fact]])
    }


def test_networks_are_those_that_the_worker_builds(
    found: CodeFacts, networks: dict[str, Plan]
) -> None:
    assert wrong(found, networks, "layers", "parameters", "weights", "answers") == {}


def test_training_is_what_the_plan_says(found: CodeFacts, runs: dict[str, Plan]) -> None:
    assert wrong(found, runs, "optimizer", "rates") == {}
    for name, plan in runs.items():
        fact, training = found.scripts[name], plan.training
        assert fact["patience"] == (training.early_stopping_patience or training.epochs)
        weights = {"0": pytest.approx(2 / 3), "1": pytest.approx(2)}
        assert fact["class_weights"] == (weights if training.class_weights else None)


def test_what_is_left_out_is_what_keras_does_anyway(found: CodeFacts) -> None:
    def plain(value: Any) -> Any:
        return value[0] if isinstance(value, list) and len(set(value)) == 1 else value

    assert {
        name: {setting: plain(value) for setting, value in settings.items()}
        for name, settings in found.defaults.items()
    } == USUAL


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shapes: Path) -> Path:
    """A project of 60 images in three classes, without a network."""
    folder = tmp_path_factory.mktemp("code") / 'Shapes \'n "more"'
    imgclf("new", folder, "--from", shapes, "--set", "data.validation_percent=20")
    return folder


def run(script: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The script as a person runs it, in its own folder."""
    return subprocess.run(
        [sys.executable, script, *words],
        cwd=script.parent,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_script_trains_on_the_project_it_was_made_from(project: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    made = imgclf("code", project, "--preset", "cnn", "--to", script, "--json").result
    assert made["file"] == str(script)
    ended = run(script, "--epochs", "1")
    assert ended.returncode == 0, ended.stderr
    assert "validation: " in ended.stdout and "of 12 images are right" in ended.stdout
    assert "test: " in ended.stdout and "of 6 images are right" in ended.stdout
    (tmp_path / "classify.py").write_text(CLASSIFY)
    classified = run(tmp_path / "classify.py")
    assert classified.returncode == 0, classified.stderr
    pixels, answers = json.loads(classified.stdout.splitlines()[-1])
    assert sorted(pixels) == sorted(app_pixels(project)), "the app's own pixels"
    assert all(len(row) == 3 and sum(row) == pytest.approx(1, abs=1e-5) for row in answers)


def app_pixels(folder: Path) -> list[Any]:
    """Of the test images, as the app trains and measures."""
    project = Project.open(folder)
    spec = project.spec.model_copy(update={"network": preset_network("linear")})
    plan = plan_run(project, spec).plan
    assert plan is not None
    cache = PixelCache.prepare(project, plan.data)
    assert cache is not None
    found: list[Any] = cache.pixels("test").tolist()
    return found


def test_the_script_trains_on_a_folder_of_class_folders(
    project: Path, shapes: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    options = ("--set", "training.warmup_epochs=0.5", "--set", "training.class_weights=true")
    imgclf("code", project, "--preset", "linear", "--to", script, *options)
    ended = run(script, shapes, "--epochs", "2")
    assert ended.returncode == 0, ended.stderr
    assert "of 12 images are right" in ended.stdout
    assert (tmp_path / "model.keras").exists()
    nowhere = run(script, tmp_path)
    assert nowhere.returncode == 2
    assert f"there are no images to train with in {tmp_path}" in nowhere.stderr


def test_the_script_augments_what_it_trains_on_and_nothing_else(
    project: Path, tmp_path: Path
) -> None:
    """Every augmentation at once: what Keras has is called, what it lacks is told of."""
    script = tmp_path / "script.py"
    kinds = [kind for kind, entry in augmentation_entries().items() if not entry.needs_colour]
    steps = [f"--set=augmentation.steps.{place}={kind}" for place, kind in enumerate(kinds)]
    imgclf("code", project, "--preset", "linear", "--to", script, *steps)
    ended = run(script, "--epochs", "1")
    assert ended.returncode == 0, ended.stderr
    assert "UserWarning" not in ended.stderr
    assert "of 12 images are right" in ended.stdout
    text = script.read_text("utf-8")
    assert 'validation_data=load(images["validation"])' in text
    assert "layers.RandomRotation(" in text
    assert "MixUp is left out" in text


def test_the_notebook_runs_from_its_first_cell_to_its_last(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "notebook.ipynb"
    imgclf("code", project, "--preset", "linear", "--set", "training.epochs=1", "--to", file)
    cells = json.loads(file.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    (tmp_path / "cells.py").write_text("\n\n".join(code), "utf-8")
    ended = run(tmp_path / "cells.py")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "model.keras").exists()
