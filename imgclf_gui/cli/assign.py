"""`--set path=value`: any field of a project's spec, checked as the form in the window does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.entry import Entry
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import EntrySpec, ProjectSpec, Spec

FIXED = "schema_version"


def assign(spec: ProjectSpec, assignments: Sequence[str]) -> ProjectSpec:
    """`spec` with each `path=value` of `assignments` applied, one after the other.

    A value is read as JSON, else it is text. The path of a catalogue entry sets its kind
    ('training.optimizer=sgd'), a path behind it one of its settings
    ('training.optimizer.momentum=0.8').

    Raises:
        UserError: `set.form`, `set.path`, `set.value`, and those of the catalogue.
    """
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise UserError(
                "set.form",
                f"'{assignment}' sets nothing.",
                "Write a path and a value: training.epochs=5",
            )
        spec = _assigned(spec, path.strip(), text.strip())
    return spec


def paths(spec: ProjectSpec) -> list[str]:
    """Every path that can be set in `spec`; settings of entries as they are chosen now."""
    return list(_paths(spec, ""))


def _assigned(spec: ProjectSpec, path: str, text: str) -> ProjectSpec:
    if path not in paths(spec):
        near = get_close_matches(path, paths(spec), n=3, cutoff=0.5)
        meant = f"Did you mean {' or '.join(near)}?" if near else f"There is: {_top(spec)}."
        raise UserError("set.path", f"There is nothing to set at '{path}'.", meant)
    raw = spec.model_dump(mode="json")
    *parents, last = path.split(".")
    holder: Any = raw
    for parent in parents:
        holder = holder[int(parent) if isinstance(holder, list) else parent]
    current = _at(spec, path)
    if isinstance(current, EntrySpec):
        holder[last] = _entry(path, text, current).model_dump(mode="json")
    else:
        holder[last] = text if isinstance(current, str) else _value(text)
    return _validated(raw, path, holder[last])


def _validated(raw: dict[str, Any], path: str, value: object) -> ProjectSpec:
    try:
        spec = ProjectSpec.model_validate(raw)
    except ValidationError as error:
        raise UserError(
            "set.value", f"{path} = {value!r} does not work.", f"{error.errors()[0]['msg']}."
        ) from error
    parent = path.rpartition(".")[0]
    entry = _at(spec, parent) if parent else None
    if isinstance(entry, EntrySpec):
        catalog.load(entry, _entries(parent))
    return spec


def _entry(path: str, text: str, current: EntrySpec) -> EntrySpec:
    """The entry of the kind `text`, with the settings it has already if the kind stays."""
    if path == "training.device":
        return catalog.device_from_text(text).to_spec()
    if text == current.kind:
        return current
    chosen = EntrySpec(kind=text)
    return catalog.load(chosen, _entries(path)).to_spec()


def _entries(path: str) -> Mapping[str, type[Entry]]:
    """The open set that the entry at `path` belongs to."""
    if path.startswith("network.blocks."):
        return catalog.block_entries()
    sets: dict[str, Mapping[str, type[Entry]]] = {
        "training.optimizer": catalog.optimizer_entries(),
        "training.schedule": catalog.schedule_entries(),
        "training.device": catalog.device_entries(),
    }
    return sets[path]


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _paths(spec: Spec, before: str) -> Iterator[str]:
    for name in type(spec).model_fields:
        path, value = f"{before}{name}", getattr(spec, name)
        if isinstance(value, Spec):
            yield from _paths(value, f"{path}.")
        elif isinstance(value, EntrySpec):
            yield from _entry_paths(value, path)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                yield from _entry_paths(item, f"{path}.{index}")
        elif name != FIXED:
            yield path


def _entry_paths(entry: EntrySpec, path: str) -> Iterator[str]:
    yield path
    known = _entries(path).get(entry.kind)
    if known is not None:
        yield from (f"{path}.{name}" for name in known.model_fields)


def _at(spec: ProjectSpec, path: str) -> object:
    """What stands at `path`; None for a setting that is not written out."""
    value: Any = spec
    for part in path.split("."):
        if isinstance(value, tuple):
            value = value[int(part)]
        elif isinstance(value, EntrySpec):
            value = value.settings.get(part)
        elif isinstance(value, BaseModel):
            value = getattr(value, part)
    return value


def _top(spec: ProjectSpec) -> str:
    return ", ".join(path for path in paths(spec) if path.startswith(("data.", "training.")))
