"""`--set path=value`: any field of a project's spec, checked as the form in the window does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.entry import Entry
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import AugmentationStep, BlockSpec, EntrySpec, ProjectSpec, Spec
from imgclf_gui.core.tree import (
    Blocks,
    Place,
    block_at,
    blocks_in,
    field_path,
    place_of,
    replaced,
)

FIXED = ("schema_version", "network.blocks", "augmentation.steps")
_STEP = re.compile(r"augmentation\.steps\.(\d{1,4})(?:\.(.+))?")
MOST_LISTED = 40


def assign(spec: ProjectSpec, assignments: Sequence[str]) -> ProjectSpec:
    """`spec` with each `path=value` of `assignments` applied, one after the other.

    A value is read as JSON, else it is text. The path of a catalogue entry sets its kind
    ('training.optimizer=sgd'), a path behind it one of its settings
    ('training.optimizer.momentum=0.8', 'network.blocks.3.blocks.0.filters=8'). The number behind
    the last augmentation's adds one ('augmentation.steps.0=rotation').

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


def _assigned(spec: ProjectSpec, path: str, text: str) -> ProjectSpec:
    block = place_of(path)
    if block is not None:
        return _with_block(spec, *block, text)
    if path.startswith(field_path(())):
        raise _no_block(path, spec.network.blocks, ())
    step = _STEP.fullmatch(path)
    if step is not None:
        return _with_step(spec, path, int(step[1]), step[2] or "", text)
    offered = list(_paths(spec, ""))
    if path not in offered:
        near = get_close_matches(path, offered, n=3, cutoff=0.5)
        raise _nothing_at(path, near, _shown_at_first(offered))
    raw = spec.model_dump(mode="json")
    *parents, last = path.split(".")
    holder: Any = raw
    for parent in parents:
        holder = holder[parent]
    current = _at(spec, path)
    if isinstance(current, EntrySpec):
        holder[last] = _entry(path, text, current).model_dump(mode="json")
    else:
        holder[last] = text if isinstance(current, str) else _value(text)
    return _validated(raw, path, holder[last])


def _with_block(spec: ProjectSpec, place: Place, field: str, text: str) -> ProjectSpec:
    """`spec` with the kind or the `field` of the block at `place` set to `text`."""
    blocks = spec.network.blocks
    block = _block_at(blocks, place)
    if field:
        changed = _with_field(block, place, field, text)
    elif text == block.kind:
        changed = block
    else:
        chosen = catalog.load(EntrySpec(kind=text), catalog.block_entries())
        settings = chosen.to_spec().settings
        changed = BlockSpec(kind=text, name=block.name, blocks=block.blocks, **settings)
    network = spec.network.model_copy(update={"blocks": replaced(blocks, place, changed)})
    return spec.model_copy(update={"network": network})


def _block_at(blocks: Blocks, place: Place) -> BlockSpec:
    try:
        return block_at(blocks, place)
    except IndexError:
        pass
    holder: Place = ()
    while place[len(holder)] < len(blocks_in(blocks, holder)):
        holder = place[: len(holder) + 1]
    raise _no_block(field_path(place), blocks, holder)


def _no_block(path: str, blocks: Blocks, holder: Place) -> UserError:
    """`path` names none; told are the blocks of the `holder` in which it looks for one."""
    there = [f"{index} {block.kind}" for index, block in enumerate(blocks_in(blocks, holder))]
    within = field_path(holder)
    return UserError(
        "set.path",
        f"There is no block at '{path}'.",
        f"In {within} there is: {_listed(there)}." if there else f"There is nothing in {within}.",
    )


def _block_fields(block: BlockSpec) -> list[str]:
    known = catalog.block_entries().get(block.kind)
    return ["name", *(known.model_fields if known is not None else ())]


def _with_field(block: BlockSpec, place: Place, field: str, text: str) -> BlockSpec:
    path, offered = field_path(place, field), _block_fields(block)
    if field not in offered:
        near = get_close_matches(field, offered, n=3, cutoff=0.5)
        raise _nothing_at(path, [field_path(place, name) for name in near], offered)
    value = text if field == "name" else _value(text)
    try:
        changed = BlockSpec.model_validate({**dict(block), **block.settings, field: value})
    except ValidationError as error:
        raise _does_not_work(path, value, error) from error
    catalog.load(changed, catalog.block_entries())
    return changed


def _with_step(spec: ProjectSpec, path: str, place: int, field: str, text: str) -> ProjectSpec:
    """`spec` with the kind or the `field` of an augmentation set; one place on, a kind adds one."""
    steps = spec.augmentation.steps
    if place > len(steps) or (place == len(steps) and field):
        there = [f"{index} {step.kind}" for index, step in enumerate(steps)]
        raise UserError(
            "set.path",
            f"There is no augmentation at '{path}'.",
            f"There is: {_listed(there)}." if there else "Add one: augmentation.steps.0=rotation",
        )
    known = catalog.augmentation_entries()
    if not field and place < len(steps) and text == steps[place].kind:
        return spec
    if not field:
        chosen = catalog.load(EntrySpec(kind=text), known).to_spec()
        changed = AugmentationStep(kind=text, **chosen.settings)
    else:
        changed = _with_step_field(steps[place], path, field, text)
    changed_steps = (*steps[:place], changed, *steps[place + 1 :])
    augmentation = spec.augmentation.model_copy(update={"steps": changed_steps})
    return spec.model_copy(update={"augmentation": augmentation})


def _with_step_field(step: AugmentationStep, path: str, field: str, text: str) -> AugmentationStep:
    known = catalog.augmentation_entries()
    entry = known.get(step.kind)
    offered = ["enabled", *(entry.model_fields if entry is not None else ())]
    if field not in offered:
        before = path.removesuffix(field)
        near = get_close_matches(field, offered, n=3, cutoff=0.5)
        raise _nothing_at(path, [before + name for name in near], offered)
    value = _value(text)
    try:
        changed = AugmentationStep.model_validate({**dict(step), **step.settings, field: value})
    except ValidationError as error:
        raise _does_not_work(path, value, error) from error
    catalog.load(changed, known)
    return changed


def _nothing_at(path: str, near: Sequence[str], offered: Sequence[str]) -> UserError:
    meant = f"Did you mean {' or '.join(near)}?" if near else f"There is: {_listed(offered)}."
    return UserError("set.path", f"There is nothing to set at '{path}'.", meant)


def _does_not_work(path: str, value: object, error: ValidationError) -> UserError:
    return UserError(
        "set.value", f"{path} = {value!r} does not work.", f"{error.errors()[0]['msg']}."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_LISTED]) + (", …" if len(names) > MOST_LISTED else "")


def _validated(raw: dict[str, Any], path: str, value: object) -> ProjectSpec:
    try:
        spec = ProjectSpec.model_validate(raw)
    except ValidationError as error:
        raise _does_not_work(path, value, error) from error
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
        elif path not in FIXED:
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
        if isinstance(value, EntrySpec):
            value = value.settings.get(part)
        elif isinstance(value, BaseModel):
            value = getattr(value, part)
    return value


def _shown_at_first(offered: Sequence[str]) -> list[str]:
    return [path for path in offered if path.startswith(("data.", "training."))]
