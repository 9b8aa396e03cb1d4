"""What is said of a dataset before a custom model is ordered."""

from __future__ import annotations

from pathlib import Path

from imgclf_gui.catalog.providers.local_automl import LocalAutoML
from imgclf_gui.core.automl import LabelledImage
from imgclf_gui.core.automl_checks import findings
from imgclf_gui.core.spec import Split


def images(**splits: dict[Split, int]) -> list[LabelledImage]:
    """So many of each class in each split."""
    return [
        LabelledImage(f"{label}-{split}-{n}", Path(), f"{label}{split}{n}", (label,), split, 10)
        for label, counts in splits.items()
        for split, count in counts.items()
        for n in range(count)
    ]


def test_a_class_that_a_split_lacks_is_named_before_anything_is_trained() -> None:
    whole: dict[Split, int] = {"train": 60, "validation": 5, "test": 5}
    assert findings(images(a=whole, b=whole), LocalAutoML) == ()
    unseen: dict[Split, int] = {"train": 60, "test": 5}
    untrained: dict[Split, int] = {"validation": 55, "test": 5}
    found = findings(images(b=unseen, a=whole, c=untrained), LocalAutoML)
    assert [(it.level, it.message) for it in found] == [
        ("problem", "No training images of: c."),
        ("advice", "No validation images of: b."),
    ]
    assert "best model" in found[1].fix


def test_too_few_images_are_refused_and_few_advised_against() -> None:
    whole: dict[Split, int] = {"train": 60, "validation": 5, "test": 5}
    few = findings(images(a=whole, b={"train": 1, "validation": 1}), LocalAutoML)
    assert few[0].level == "problem" and few[0].message == "Fewer than 3 images: b (2)."
    assert [it.level for it in few] == ["problem", "advice", "advice"]
    untested = findings(images(a={"train": 60, "validation": 5}, b=whole), LocalAutoML)
    assert [it.message for it in untested] == ["No test images of: a."]
