"""`--set path=value` reaches every field, and says what is wrong with a value."""

from __future__ import annotations

import pytest

from imgclf_gui.cli.assign import assign
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import EntrySpec, ProjectSpec
from imgclf_gui.plan import preset_network

SPEC = ProjectSpec(network=preset_network("cnn"))


def test_a_value_is_read_as_the_field_needs_it() -> None:
    spec = assign(
        SPEC,
        ["training.epochs=5", "training.class_weights=true", "data.image_width=32",
         "data.fit=crop", "training.learning_rate=1e-2", "name=7"],
    )  # fmt: skip
    assert (spec.training.epochs, spec.training.class_weights) == (5, True)
    assert (spec.data.image_width, spec.data.fit, spec.training.learning_rate) == (32, "crop", 0.01)
    assert spec.name == "7"
    assert assign(spec, ["data.image_width=null"]).data.image_width is None


def test_an_entry_takes_a_kind_and_then_its_settings() -> None:
    spec = assign(SPEC, ["training.optimizer=sgd", "training.optimizer.momentum=0.8"])
    assert spec.training.optimizer == EntrySpec(kind="sgd", momentum=0.8, nesterov=False)
    assert assign(spec, ["training.optimizer=sgd"]) == spec
    assert assign(SPEC, ["training.device=gpu:1"]).training.device == EntrySpec(kind="gpu", index=1)


def test_a_block_takes_a_setting() -> None:
    spec = assign(SPEC, ["network.blocks.5.units=50"])
    assert spec.network.blocks[5].settings["units"] == 50


@pytest.mark.parametrize(
    ("assignment", "code", "said"),
    [
        ("training.epochs", "set.form", "training.epochs=5"),
        ("training.epoch=5", "set.path", "training.epochs"),
        ("training.optimizer.beta=5", "set.path", "training.optimizer.beta_1"),
        ("zzz=5", "set.path", "There is: data.image_width"),
        ("schema_version=2", "set.path", "There is"),
        ("training.epochs=0", "set.value", "greater than or equal to 1"),
        ("training.epochs=many", "set.value", "valid integer"),
        ("data.fit=squash", "set.value", "'pad', 'crop' or 'stretch'"),
        ("training.learning_rate=NaN", "set.value", "less than or equal to 10"),
        ("training.optimizer=adm", "catalog.unknown", "adam"),
        ("network.blocks.5.units=0", "catalog.settings", "greater than or equal to 1"),
        ("training.device=tpu", "device.unknown", "cpu, gpu or gpu:1"),
    ],
)
def test_what_does_not_work_is_said_with_what_would(assignment: str, code: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        assign(SPEC, [assignment])
    assert refused.value.code == code
    assert said in refused.value.report.hint


def _hint(spec: ProjectSpec, assignment: str) -> str:
    with pytest.raises(UserError) as refused:
        assign(spec, [assignment])
    assert refused.value.code == "set.path"
    return refused.value.report.hint


def test_what_is_offered_are_the_fields_and_settings_that_can_be_set() -> None:
    offered = _hint(SPEC, "zzz=5").removeprefix("There is: ").removesuffix(".").split(", ")
    assert {"data.split_seed", "training.optimizer", "training.optimizer.beta_1"} < {*offered}
    for path in offered:
        assert "There is nothing" not in str(_outcome(SPEC, f"{path}=1"))


def _outcome(spec: ProjectSpec, assignment: str) -> str:
    try:
        assign(spec, [assignment])
    except UserError as refused:
        return refused.report.message
    return "set"


RESIDUAL = ProjectSpec(network=preset_network("resnet-20"))
FIRST = "network.blocks.3.blocks.0"  # the first residual block of the first stage


def test_a_block_inside_others_takes_a_setting_a_kind_and_a_name() -> None:
    spec = assign(
        RESIDUAL,
        [f"{FIRST}.blocks.0.filters=8", f"{FIRST}.name=First", f"{FIRST}.shortcut=projected"],
    )
    residual = spec.network.blocks[3].blocks[0]
    assert residual.blocks[0].settings["filters"] == 8
    assert (residual.name, residual.settings["shortcut"]) == ("First", "projected")
    assert assign(spec, [f"{FIRST}=residual"]) == spec
    group = assign(spec, [f"{FIRST}=group"]).network.blocks[3].blocks[0]
    assert (group.kind, group.name, group.blocks) == ("group", "First", residual.blocks)
    assert RESIDUAL.network == preset_network("resnet-20")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{FIRST}.blocks.0.filter", f"Did you mean {FIRST}.blocks.0.filters"),
        (f"{FIRST}.zzz", "There is: name, shortcut, normalization, activation."),
        (f"{FIRST}.blocks.77.filters", "there is: 0 convolution, 1 batch-normalization"),
        ("network.blocks.0.blocks.0", "There is nothing in network.blocks.0."),
        ("network.blocks.99", "In network.blocks there is: 0 convolution"),
        ("network.blocks.99999999999999999999.x", "In network.blocks there is: 0 convolution"),
        ("network.blocks", "In network.blocks there is: 0 convolution"),
        ("network.blocks.", "In network.blocks there is: 0 convolution"),
        ("network.blocks.-1.filters", "In network.blocks there is: 0 convolution"),
    ],
)
def test_a_block_or_setting_that_is_not_there_is_told_with_what_is(path: str, said: str) -> None:
    hint = _hint(RESIDUAL, f"{path}=8")
    assert said in hint
    assert len(hint) < 1500


@pytest.mark.parametrize(
    ("assignment", "code"),
    [
        (f"{FIRST}.blocks.0.filters=2147483648", "catalog.settings"),
        (f"{FIRST}.blocks.0.filters=eight", "catalog.settings"),
        (f"{FIRST}.blocks.0=teleport", "catalog.unknown"),
        (f"{FIRST}.name=" + "n" * 101, "set.value"),
    ],
)
def test_a_value_that_a_block_cannot_take_is_refused(assignment: str, code: str) -> None:
    with pytest.raises(UserError) as refused:
        assign(RESIDUAL, [assignment])
    assert refused.value.code == code


def test_an_augmentation_is_added_changed_and_switched_off() -> None:
    spec = assign(
        SPEC,
        ["augmentation.steps.0=rotation", "augmentation.steps.1=flip-horizontal",
         "augmentation.steps.0.degrees=5", "augmentation.steps.1.enabled=false"],
    )  # fmt: skip
    rotation, flip = spec.augmentation.steps
    assert (rotation.kind, rotation.settings["degrees"], rotation.enabled) == ("rotation", 5, True)
    assert (flip.kind, flip.enabled) == ("flip-horizontal", False)
    assert assign(spec, ["augmentation.steps.0=rotation"]) == spec
    assert assign(spec, ["augmentation.steps.0=shear"]).augmentation.steps[0].kind == "shear"


@pytest.mark.parametrize(
    ("assignment", "code", "said"),
    [
        ("augmentation.steps.2=rotation", "set.path", "There is: 0 rotation"),
        ("augmentation.steps.1.degrees=5", "set.path", "There is: 0 rotation"),
        ("augmentation.steps.0.degree=5", "set.path", "augmentation.steps.0.degrees"),
        ("augmentation.steps.0.degrees=500", "catalog.settings", "less than or equal to 180"),
        ("augmentation.steps.0.enabled=perhaps", "set.value", "valid boolean"),
        ("augmentation.steps.0=rotate", "catalog.unknown", "rotation"),
    ],
)
def test_what_does_not_work_with_augmentations_is_said(
    assignment: str, code: str, said: str
) -> None:
    with pytest.raises(UserError) as refused:
        assign(assign(SPEC, ["augmentation.steps.0=rotation"]), [assignment])
    assert refused.value.code == code
    assert said in refused.value.report.hint
