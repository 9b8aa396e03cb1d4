"""Augmentation of batches: the same draws, however and wherever it is carried out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

NOTHING = {"share": 0.0, "levels": 0.0, "labels": 0.0}


def facts(*names: str) -> dict[str, dict[str, Any]]:
    """What `tests/helpers/augment_facts.py` finds out, in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.helpers.augment_facts", *names],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, dict[str, Any]] = json.loads(ended.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def everything() -> dict[str, dict[str, Any]]:
    """All that one process can find out: TensorFlow takes seconds to start."""
    return facts("ways", "large", "reading", "probability", "fallback", "loss")


def test_eagerly_in_a_graph_in_tf_data_and_by_xla_it_is_the_same(
    everything: dict[str, dict[str, Any]],
) -> None:
    found = everything["ways"]
    assert found["changed"] > 0.9
    for way in ("graph", "tf.data", "xla", "stages"):
        assert found[way]["share"] < 1e-3, way
        assert found[way]["levels"] <= 1, "no more than rounding"
        assert found[way]["labels"] < 1e-6
    assert found["again"] == found["few"] == NOTHING, "draws belong to an image's place and step"
    assert found["seed"]["share"] > 0.5
    assert found["step"]["share"] > 0.5


def test_large_images_are_changed_alike(everything: dict[str, dict[str, Any]]) -> None:
    found = everything["large"]
    assert found["changed"] > 0.5
    assert found["share"] < 1e-3
    assert found["levels"] <= 1


def test_blocks_of_a_run_do_not_depend_on_how_steps_are_grouped(
    everything: dict[str, dict[str, Any]],
) -> None:
    found = everything["reading"]
    for way in ("plain", "xla"):
        of = found[way]
        assert of["grouping"], "pixels and shares, with a smaller last batch, to the bit"
        assert of["again"] and of["anywhere"] and of["epochs differ"]
        assert of["sums"] < 1e-6
        assert of["mixed"] > 0.3


def test_it_works_in_a_distributed_pipeline_of_two_devices() -> None:
    found = facts("strategy")["strategy"]
    assert found["replicas"] == 2
    assert (found["share"], found["labels"]) == (pytest.approx(0, abs=1e-3), 0)
    assert found["levels"] <= 1
    assert len(found["losses"]) == 4
    assert found["moved"] > 0


def test_the_probability_is_that_of_each_image(everything: dict[str, dict[str, Any]]) -> None:
    found = everything["probability"]
    assert found["share"] == pytest.approx(0.3, abs=0.03)  # of 2560 images
    assert all(0.08 < share < 0.55 for share in found["steps"]), "never a whole batch or none of it"
    assert all(0.02 < share < 0.65 for share in found["images"]), "drawn anew in every step"


def test_without_xla_it_goes_on_and_says_so(everything: dict[str, dict[str, Any]]) -> None:
    found = everything["fallback"]
    assert found["same"]
    (said,) = found["said"]
    assert "they run slower" in said and "PyFunc" in said
    assert len(said) < 1000


def test_the_loss_of_mixed_classes_is_that_of_keras(everything: dict[str, dict[str, Any]]) -> None:
    found = everything["loss"]
    assert all(distance < 1e-6 for distance in found.values()), found
