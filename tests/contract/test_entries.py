"""What holds for every entry of every open set: a new file passes these, or is not an entry."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui import catalog
from imgclf_gui.core import vision
from imgclf_gui.core.annotation import AnnotationProvider
from imgclf_gui.core.cloud import Account
from imgclf_gui.core.entry import Device, Entry, Optimizer, Preset, Provider, Schedule, Source
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import EntrySpec, NetworkSpec
from imgclf_gui.plan import resolve_network

SETS: dict[str, Callable[[], Mapping[str, type[Entry]]]] = {
    "blocks": catalog.block_entries,
    "optimizers": catalog.optimizer_entries,
    "schedules": catalog.schedule_entries,
    "devices": catalog.device_entries,
    "presets": catalog.preset_entries,
    "sources": catalog.source_entries,
    "augmentations": catalog.augmentation_entries,
    "augmentation_presets": catalog.augmentation_preset_entries,
    "backbones": catalog.backbone_entries,
    "providers": catalog.provider_entries,
}
ENTRIES = [
    pytest.param(entry, entries(), id=f"{name}/{kind}")
    for name, entries in SETS.items()
    for kind, entry in entries().items()
]
each_entry = pytest.mark.parametrize(("entry", "entries"), ENTRIES)


def _of(entries: Mapping[str, type[Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("entry", entries.values(), ids=entries.keys())


def _numbers(entry: type[Entry]) -> dict[str, dict[str, Any]]:
    """The schema of each setting that is a number."""
    properties: dict[str, dict[str, Any]] = entry.model_json_schema().get("properties", {})
    return {
        name: schema
        for name, schema in properties.items()
        if schema.get("type") in ("integer", "number")
    }


def _extremes(entry: type[Entry]) -> list[Any]:
    """The entry with each of its numbers as small and as large as it may be."""
    made = [entry()]
    for name, schema in _numbers(entry).items():
        for bound in ("minimum", "maximum"):
            if bound in schema:
                made.append(entry.model_validate({name: schema[bound]}))
    return made


def test_no_set_is_left_out() -> None:
    folder = Path(catalog.__file__).parent
    on_disk = {path.name for path in folder.iterdir() if (path / "__init__.py").exists()}
    assert on_disk == set(SETS)


@each_entry
def test_the_kind_is_the_file_name(entry: type[Entry], entries: Mapping[str, type[Entry]]) -> None:
    stem = entry.__module__.rpartition(".")[2]
    assert entry.kind == stem.replace("_", "-")
    assert entries[entry.kind] is entry


@each_entry
def test_it_says_what_it_is(entry: type[Entry], entries: Mapping[str, type[Entry]]) -> None:
    assert entry.title
    assert entry.summary.endswith(".")
    assert entry.__doc__
    assert [other.title for other in entries.values()].count(entry.title) == 1


@each_entry
def test_the_stored_form_comes_back(entry: type[Entry], entries: Mapping[str, type[Entry]]) -> None:
    for made in _extremes(entry):
        text = made.to_spec().model_dump_json()
        assert catalog.load(EntrySpec.model_validate_json(text), entries) == made


@each_entry
def test_every_setting_can_be_put_into_a_form(
    entry: type[Entry], entries: Mapping[str, type[Entry]]
) -> None:
    del entries
    assert all(field.title for field in entry.model_fields.values())
    json.dumps(entry.model_json_schema(), allow_nan=False)
    for schema in entry.model_json_schema().get("properties", {}).values():
        assert schema["title"]
        assert schema.get("type") in ("integer", "number", "boolean", "string") or "enum" in schema


@each_entry
def test_numbers_are_bounded_and_the_bounds_hold(
    entry: type[Entry], entries: Mapping[str, type[Entry]]
) -> None:
    for name, schema in _numbers(entry).items():
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        assert low is not None, f"{name} has no lower bound"
        assert high is not None, f"{name} has no upper bound"
        for wrong in (low - 1, high + 1, math.nan, math.inf):
            with pytest.raises(UserError) as caught:
                catalog.load(EntrySpec.model_validate({"kind": entry.kind, name: wrong}), entries)
            assert caught.value.code == "catalog.settings"
            assert name in caught.value.report.message


@each_entry
def test_choices_are_closed_and_texts_bounded(
    entry: type[Entry], entries: Mapping[str, type[Entry]]
) -> None:
    for name, schema in entry.model_json_schema().get("properties", {}).items():
        if schema.get("type") != "string":
            continue
        free = "enum" not in schema and "const" not in schema  # a text, which must end somewhere
        for choice in [] if free else schema.get("enum", [schema.get("const")]):
            assert getattr(entry.model_validate({name: choice}), name) == choice
        wrong = "x" * (schema["maxLength"] + 1) if free else "no such"
        with pytest.raises(UserError):
            catalog.load(EntrySpec.model_validate({"kind": entry.kind, name: wrong}), entries)


@each_entry
def test_unknown_settings_are_refused(
    entry: type[Entry], entries: Mapping[str, type[Entry]]
) -> None:
    with pytest.raises(UserError) as caught:
        catalog.load(EntrySpec.model_validate({"kind": entry.kind, "no_such": 1}), entries)
    assert "no_such" in caught.value.report.message


@pytest.mark.parametrize("name", SETS)
def test_an_unknown_kind_names_those_there_are(name: str) -> None:
    entries = SETS[name]()
    with pytest.raises(UserError) as caught:
        catalog.load(EntrySpec(kind="no-such"), entries)
    assert caught.value.code == "catalog.unknown"
    assert all(kind in caught.value.report.hint for kind in entries)


@_of(catalog.schedule_entries())
def test_a_schedule_begins_at_one_and_never_rises(entry: type[Schedule]) -> None:
    for schedule in _extremes(entry):
        factors = [schedule.factor(step / 1000) for step in range(1001)]
        assert factors[0] == 1
        assert all(0 <= factor <= 1 for factor in factors)
        assert all(later <= earlier for earlier, later in pairwise(factors))


BUILD_OPTIMIZERS = """
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
from imgclf_gui import catalog

def slots(optimizer):
    weight = keras.Variable([1.0, 2.0, 3.0])
    optimizer.build([weight])
    return sum(variable.shape == weight.shape for variable in optimizer.variables)

found = {}
for kind, entry in catalog.optimizer_entries().items():
    optimizer = entry().build(0.125)
    found[kind] = {"rate": float(optimizer.learning_rate), "slots": slots(optimizer)}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def built_optimizers() -> dict[str, dict[str, float]]:
    """What Keras makes of each optimizer; in another process, since this one stays free of it."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD_OPTIMIZERS], capture_output=True, text=True, check=True
    )
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


@_of(catalog.optimizer_entries())
def test_an_optimizer_keeps_the_state_it_says(
    entry: type[Optimizer], built_optimizers: dict[str, dict[str, float]]
) -> None:
    assert built_optimizers[entry.kind] == {"rate": 0.125, "slots": entry.slots}


@_of(catalog.device_entries())
def test_a_device_is_found_by_its_label(entry: type[Device]) -> None:
    for device in _extremes(entry):
        assert catalog.device_from_text(device.label()) == device
        assert device.tensorflow_name().startswith("/")


@pytest.mark.parametrize("text", ["", "tpu9", "cpu:x", "gpu:-1", "gpu:x", "gpu:1:2", "::"])
def test_what_is_no_device_is_refused_in_words(text: str) -> None:
    with pytest.raises(UserError) as caught:
        catalog.device_from_text(text)
    assert caught.value.code == "device.unknown"
    assert f"'{text}'" in caught.value.report.message


@_of(catalog.preset_entries())
@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (48, 64, 3)])
def test_a_preset_fits_any_image_and_any_number_of_classes(
    entry: type[Preset], shape: tuple[int, int, int], classes: int
) -> None:
    network, problems = resolve_network(NetworkSpec(blocks=entry().blocks()), shape, classes)
    assert problems == []
    assert network is not None
    assert network.blocks[-1].output_shape == (classes,)


def test_presets_stand_in_an_order_and_teach_something() -> None:
    presets = list(catalog.preset_entries().values())
    assert all(before.order < after.order for before, after in pairwise(presets))
    assert all(preset.lesson.endswith(".") for preset in presets)


@_of(catalog.source_entries())
def test_a_source_leaves_alone_what_is_none_of_its_kind(
    entry: type[Source], tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    for name in ("text.txt", "noise", "missing"):
        assert entry.recognises(tmp_path / name) is False


def test_sources_are_asked_in_a_certain_order() -> None:
    orders = [source.order for source in catalog.source_entries().values()]
    assert orders == sorted(set(orders))


@_of(catalog.provider_entries())
def test_a_provider_says_where_it_sends_what(entry: type[Provider]) -> None:
    assert bool(entry().host_of(Account())) is entry.online


def test_providers_stand_in_an_order() -> None:
    orders = [provider.order for provider in catalog.annotation_providers().values()]
    assert orders == sorted(set(orders))


@_of(catalog.annotation_providers())
def test_a_provider_checks_requests_for_what_it_can_tell(entry: type[AnnotationProvider]) -> None:
    provider = entry()
    features = [vision.AskedFeature(kind, 3) for kind in provider.features()]
    assert features
    good = vision.text(vision.request(["a.jpg", "b.jpg"], features))
    assert provider.check(good) == ()
    for text in ("", "{}", good[:-1], good.replace("<b.jpg as base64>", "AAAA")):
        (problem, *_) = provider.check(text)
        assert problem.message.endswith(".")
        assert 1 <= problem.line <= text.count("\n") + 1
