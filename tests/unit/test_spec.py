"""Specifications: frozen, bounded, and fit to make forms of."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from imgclf_gui.core.spec import (
    BlockSpec,
    DataSpec,
    EntrySpec,
    NetworkSpec,
    ProjectSpec,
    TrainingSpec,
)

FORMS: tuple[type[BaseModel], ...] = (DataSpec, TrainingSpec)


FIELDS = [
    pytest.param(form, name, schema, id=f"{form.__name__}.{name}")
    for form in FORMS
    for name, schema in form.model_json_schema()["properties"].items()
]


@pytest.mark.parametrize(("form", "name", "schema"), FIELDS)
def test_every_field_has_a_title_of_its_own(
    form: type[BaseModel], name: str, schema: dict[str, Any]
) -> None:
    del schema
    assert form.model_fields[name].title


@pytest.mark.parametrize(("form", "name", "schema"), FIELDS)
def test_every_number_is_bounded_on_both_sides(
    form: type[BaseModel], name: str, schema: dict[str, Any]
) -> None:
    for kind in schema.get("anyOf", [schema]):
        if kind.get("type") not in ("integer", "number"):
            continue
        low = kind.get("minimum", kind.get("exclusiveMinimum"))
        high = kind.get("maximum", kind.get("exclusiveMaximum"))
        assert low is not None
        assert high is not None
        for wrong in (low - 1, high + 1, float("nan"), float("inf")):
            with pytest.raises(ValidationError):
                form.model_validate({name: wrong})


def test_a_spec_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        ProjectSpec().name = "other"  # type: ignore[misc]


def test_nothing_unknown_gets_in() -> None:
    with pytest.raises(ValidationError):
        TrainingSpec.model_validate({"epoch": 5})


def test_an_entry_keeps_settings_that_nobody_knows() -> None:
    entry = EntrySpec.model_validate({"kind": "dense", "units": 30, "colour": "red"})
    assert entry.settings == {"units": 30, "colour": "red"}
    assert EntrySpec.model_validate_json(entry.model_dump_json()) == entry


def test_specs_of_equal_values_are_equal() -> None:
    blocks = (BlockSpec(kind="flatten"), BlockSpec(kind="logits", bias=False))
    assert NetworkSpec(blocks=blocks) == NetworkSpec(blocks=tuple(blocks))
    assert EntrySpec(kind="dense", units=1) != EntrySpec(kind="dense", units=2)
