"""The examples in CONTRIBUTING.md: each is a file that could be added as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgclf_gui.core import augmentation, vision
from imgclf_gui.core import entry as bases
from imgclf_gui.core.annotation import Access, AnnotationProvider
from imgclf_gui.core.augmentation import Augmentation, AugmentationPreset
from imgclf_gui.core.cloud import Cancel
from imgclf_gui.core.discovery import discover
from imgclf_gui.core.entry import Entry, Preset, PretrainedBackbone, Source
from imgclf_gui.core.resources import resource
from imgclf_gui.core.spec import AugmentationSpec, NetworkSpec
from imgclf_gui.core.vision import AskedFeature
from imgclf_gui.core.vision_answer import answer
from imgclf_gui.jobs import cloud
from imgclf_gui.plan import resolve_network
from imgclf_gui.plan.augmentation import resolve_augmentation
from tests.helpers.augmentation_facts import AugmentationFacts
from tests.helpers.backbone_facts import trained_network
from tests.helpers.cloud_parts import asked, pictures

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES: dict[str, tuple[str, str]] = {
    folder: (name, code)
    for folder, name, code in re.findall(
        r"^### [^\n]*`imgclf_gui/catalog/(\w+)/(\w+\.py)`\n+```python\n(.*?)^```",
        (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
}


def _base(folder: str) -> Any:
    name = folder.removesuffix("s").title().replace("_", "")
    name = {"Backbone": "PretrainedBackbone"}.get(name, name)
    return getattr(augmentation if folder.startswith("augmentation") else bases, name)


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The one entry of a package that holds nothing but the example of a set."""
    folder = request.param
    name, code = EXAMPLES[folder]
    package = tmp_path / f"example_of_{folder}"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / name).write_text(code, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    (entry,) = discover(package.name, _base(folder)).values()
    return entry


def test_there_is_an_example_for_every_set() -> None:
    sets = {path.parent.name for path in ROOT.glob("imgclf_gui/catalog/*/__init__.py")}
    assert set(EXAMPLES) == sets


@pytest.mark.parametrize("example", EXAMPLES, indirect=True)
def test_an_example_is_an_entry_that_comes_back_from_its_stored_form(example: type[Entry]) -> None:
    made = example()
    assert example.model_validate(made.to_spec().settings) == made
    assert example.summary.endswith(".")
    assert all(field.title for field in example.model_fields.values())


@pytest.mark.parametrize("example", ["presets"], indirect=True)
def test_the_preset_resolves(example: type[Preset]) -> None:
    network, problems = resolve_network(NetworkSpec(blocks=example().blocks()), (28, 28, 1), 10)
    assert problems == []
    assert network is not None
    assert 60_000 < network.parameters < 150_000


@pytest.mark.parametrize("example", ["backbones"], indirect=True)
def test_the_backbone_makes_features_and_has_no_weights_yet(
    example: type[PretrainedBackbone],
) -> None:
    entry = example()
    plan = trained_network(entry, entry.side, 12)
    assert plan.blocks[0].output_shape == (16, 16, 64)
    count = sum(block.parameters for block in plan.blocks[0].walk())
    assert f"{count:,} parameters" in entry.summary
    assert len(plan.blocks) == 1 + len(entry.classifier())
    with pytest.raises(FileNotFoundError):
        resource("backbones", entry.weights)


@pytest.mark.parametrize("example", ["augmentation_presets"], indirect=True)
def test_the_augmentation_preset_resolves(example: type[AugmentationPreset]) -> None:
    steps = [step.model_dump() for step in example().steps()]
    plan, problems = resolve_augmentation(AugmentationSpec.model_validate({"steps": steps}))
    assert problems == []
    assert len(plan) == len(steps) > 1


@pytest.mark.parametrize("example", ["sources"], indirect=True)
def test_the_source_lists_what_is_there_and_what_is_broken(
    example: type[Source], tmp_path: Path
) -> None:
    file = tmp_path / "leaves.jsonl"
    file.write_text('{"path": "1.png", "label": "oak"}\nnonsense\n')
    assert example.recognises(file)
    with example().open(file, lambda: False) as listing:
        image, problem = listing.items
        assert listing.total == 2
    assert (image.name, getattr(image, "label", None)) == ("1.png", "oak")
    assert problem.name == "line 2"


@pytest.mark.parametrize("example", ["providers"], indirect=True)
def test_the_provider_answers_a_request(example: type[AnnotationProvider]) -> None:
    images = pictures("chelsea.jpg", "rocket.jpg")
    request = asked(images, [AskedFeature("colours")])
    provider = example()
    assert provider.check(vision.text(request)) == ()
    first, second = cloud.send(
        provider,
        Access(),
        images,
        request,
        consent=None,
        on_progress=lambda progress: None,
        cancel=Cancel(),
    )
    (fur,) = answer(first.response, first.image.width, first.image.height).colours
    (sky,) = answer(second.response, second.image.width, second.image.height).colours
    assert fur.red > fur.blue
    assert sky.red < sky.blue


@pytest.mark.parametrize("example", ["augmentations"], indirect=True)
def test_the_augmentation_darkens_and_can_do_nothing(
    example: type[Augmentation], tmp_path: Path
) -> None:
    even = np.full((6, 9, 12, 3), 200, np.uint8)
    with AugmentationFacts(tmp_path) as worker:
        usual, nothing = worker.raw(example(), even), worker.raw(example().at(0), even)
    assert usual.shapes == [[6, 9, 12, 3]]
    assert usual.dtypes == ["float32"]
    assert 100 <= usual.lowest[0] < usual.highest[0] < 200
    assert (nothing.lowest, nothing.highest) == ([200], [200])
