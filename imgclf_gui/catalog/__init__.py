"""The open sets. One file is one entry; to add one, add its file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import ValidationError

from imgclf_gui.core.annotation import AnnotationProvider
from imgclf_gui.core.augmentation import Augmentation, AugmentationPreset
from imgclf_gui.core.automl import AutoMLProvider
from imgclf_gui.core.discovery import EntryT, discover
from imgclf_gui.core.entry import (
    Block,
    Device,
    Optimizer,
    Preset,
    PretrainedBackbone,
    Provider,
    Schedule,
    Source,
)
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import EntrySpec


def block_entries() -> Mapping[str, type[Block]]:
    """Every block, by kind."""
    return discover("imgclf_gui.catalog.blocks", Block)


def augmentation_entries() -> Mapping[str, type[Augmentation]]:
    """Every augmentation, by kind, in the order of the palette under each heading."""
    found = discover("imgclf_gui.catalog.augmentations", Augmentation)
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def augmentation_preset_entries() -> Mapping[str, type[AugmentationPreset]]:
    """Every list of augmentations to begin with, by kind, the most careful first."""
    found = discover("imgclf_gui.catalog.augmentation_presets", AugmentationPreset)
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def optimizer_entries() -> Mapping[str, type[Optimizer]]:
    """Every optimizer, by kind."""
    return discover("imgclf_gui.catalog.optimizers", Optimizer)


def schedule_entries() -> Mapping[str, type[Schedule]]:
    """Every learning-rate schedule, by kind."""
    return discover("imgclf_gui.catalog.schedules", Schedule)


def device_entries() -> Mapping[str, type[Device]]:
    """Every kind of device, by kind."""
    return discover("imgclf_gui.catalog.devices", Device)


def preset_entries() -> Mapping[str, type[Preset]]:
    """Every preset network, by kind, in the order of the course."""
    found = discover("imgclf_gui.catalog.presets", Preset)
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def backbone_entries() -> Mapping[str, type[PretrainedBackbone]]:
    """Every pretrained backbone, by kind, the quickest first."""
    found = discover("imgclf_gui.catalog.backbones", PretrainedBackbone)
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def source_entries() -> Mapping[str, type[Source]]:
    """Every import source, by kind, the most particular form first."""
    found = discover("imgclf_gui.catalog.sources", Source)
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def provider_entries() -> Mapping[str, type[Provider]]:
    """Everyone who answers or trains in the cloud's ways, by kind."""
    found = discover("imgclf_gui.catalog.providers", Provider)
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def annotation_providers() -> Mapping[str, type[AnnotationProvider]]:
    """Those that answer requests in the form of Cloud Vision, by kind."""
    found = provider_entries().items()
    return {kind: entry for kind, entry in found if issubclass(entry, AnnotationProvider)}


def automl_providers() -> Mapping[str, type[AutoMLProvider]]:
    """Those that train custom models, by kind."""
    found = provider_entries().items()
    return {kind: entry for kind, entry in found if issubclass(entry, AutoMLProvider)}


def source_for(path: Path, *, without: Collection[str] = ()) -> Source:
    """The source that recognises `path`; the kinds in `without` are not asked.

    Raises:
        UserError: `import.missing`, `import.form`.
    """
    if not path.exists():
        raise UserError(
            "import.missing", f"{path} is not there.", "Check the name, and that its disk is there."
        )
    for kind, entry in source_entries().items():
        if kind not in without and entry.recognises(path):
            return entry()
    raise UserError(
        "import.form",
        f"{path.name} is nothing that images can be imported from.",
        "Choose a folder with one folder for each class, a zip or tar of one, a CSV file with "
        "paths and labels, or a folder of IDX files.",
    )


def load(spec: EntrySpec, entries: Mapping[str, type[EntryT]]) -> EntryT:
    """The entry that `spec` stores.

    Raises:
        UserError: `catalog.unknown` for a kind that is not in `entries`, `catalog.settings` for
            settings out of bounds.
    """
    entry = entries.get(spec.kind)
    if entry is None:
        raise UserError(
            "catalog.unknown",
            f"This installation has no '{spec.kind}'.",
            f"Choose one of: {', '.join(entries)}.",
        )
    try:
        return entry.model_validate(spec.settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(
            "catalog.settings",
            f"{entry.title}: {where or 'setting'} = {first['input']!r} does not work.",
            f"{first['msg']}.",
            str(error),
        ) from error


def device_from_text(text: str) -> Device:
    """The device that a person writes as 'cpu' or 'gpu:0'.

    Raises:
        UserError: `device.unknown`.
    """
    kind, _, argument = text.strip().lower().partition(":")
    try:
        return device_entries()[kind].parse(argument)
    except (KeyError, ValueError) as error:
        raise UserError(
            "device.unknown",
            f"'{text}' is not a device.",
            "Write cpu, gpu or gpu:1; 'imgclf devices' lists what this machine has.",
        ) from error
