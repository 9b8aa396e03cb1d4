"""`--set path=value` reaches every field, and says what is wrong with a value."""

from __future__ import annotations

import pytest

from imgclf_gui.cli.assign import assign, paths
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


def test_what_is_offered_is_every_field_and_setting() -> None:
    offered = paths(SPEC)
    assert {"name", "data.split_seed", "training.optimizer", "training.optimizer.beta_1"} < {
        *offered
    }
    assert "network.blocks.0.filters" in offered
    assert "schema_version" not in offered
