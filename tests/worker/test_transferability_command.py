"""`imgclf transferability`: measured by a real worker, and shown again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.command import imgclf
from tests.helpers.transfer import small_backbone


@pytest.fixture
def project(tmp_path: Path, shapes: Path) -> Path:
    """A project of the shapes, and two backbones for them."""
    for seed in (1, 2):
        small_backbone(f"small-{seed}", seed)
    folder = tmp_path / "project"
    imgclf("new", folder, "--from", shapes)
    return folder


def test_backbones_are_ranked_and_shown_again(project: Path) -> None:
    asked = ("--backbone", "small-1", "--backbone", "small-2", "--most", "30")
    found = imgclf("transferability", project, *asked, "--json").result
    assert found["complete"] and len(found["rows"]) == 2
    assert found["measured"]["train_images"] == 30
    best = found["rows"][0]
    assert best["interval"][0] <= best["accuracy"] <= best["interval"][1]
    assert {"logme", "h_score", "nearest_mean", "seconds", "images_per_second"} <= set(best)
    assert imgclf("transferability", project, "--show", "--json").result == found
    shown = "\n".join(imgclf("transferability", project, "--show").lines)
    assert found["sentence"] in shown and "Nearest mean" in shown


def test_wrong_use_says_what_to_do(project: Path) -> None:
    two = ("--backbone", "small-1", "--backbone", "small-2")
    refused = imgclf("transferability", project, "--what", "layers", *two, code=2)
    assert "measures one backbone" in refused.errors
    none = ("--what", "layers", "--backbone", "small-1", "--show")
    refused = imgclf("transferability", project, *none, code=2)
    assert "Nothing of that kind was measured yet" in refused.errors
