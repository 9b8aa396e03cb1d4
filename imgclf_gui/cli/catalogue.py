"""`imgclf networks`, `imgclf augmentations` and `imgclf devices`: what there is to choose from."""

from __future__ import annotations

import argparse
import json
import re
from operator import itemgetter
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.cli.output import Output
from imgclf_gui.core.entry import Published
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.spec import TrainingSpec
from imgclf_gui.plan import NetworkPlan, preset_augmentation, preset_network, resolve_network

_COLUMNS = ("Preset", "Network", ">Parameters", ">Multiply-adds", ">Memory a step")


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the commands."""
    networks = commands.add_parser(
        "networks", parents=[shared], help="list the starting networks with their cost"
    )
    networks.add_argument(
        "--size",
        type=_size,
        default=(28, 28, 1),
        metavar="WIDTHxHEIGHTxCHANNELS",
        help="of the images (default: 28x28x1)",
    )
    networks.add_argument("--classes", type=_classes, default=10, help="default: 10")
    networks.set_defaults(act=_networks)
    augmentations = commands.add_parser(
        "augmentations", parents=[shared], help="list the augmentations and their presets"
    )
    augmentations.set_defaults(act=_augmentations)
    devices = commands.add_parser(
        "devices", parents=[shared], help="list what this machine can train on"
    )
    devices.set_defaults(act=_devices)


def _networks(arguments: argparse.Namespace, output: Output) -> int:
    shape, classes = arguments.size, arguments.classes
    found = [_network(kind, shape, classes) for kind in catalog.preset_entries()]
    height, width, channels = shape
    output.table(
        f"Networks for {width}×{height}×{channels} images in {classes} classes",
        [*_COLUMNS, "What it is", "From", ">Published"],
        [_row(network) for network in found],
    )
    output.result({"input_shape": list(shape), "classes": classes, "networks": found})
    return 0


def _network(kind: str, shape: tuple[int, int, int], classes: int) -> dict[str, Any]:
    preset = catalog.preset_entries()[kind]
    plan, problems = resolve_network(preset_network(kind), shape, classes)
    return {
        "preset": kind,
        "title": preset.title,
        "summary": preset.summary,
        "paper": preset.paper,
        "published": _published(preset.published),
        **(_cost(plan) if plan is not None else {"problem": problems[0].message}),
    }


def _published(published: Published) -> dict[str, Any]:
    """The paper's number of trained parameters, and what it counted."""
    return {
        "parameters": published.parameters,
        "rounding": published.rounding,
        "input_shape": list(published.shape),
        "classes": published.classes,
        "by": published.by,
    }


def _cost(plan: NetworkPlan) -> dict[str, Any]:
    """Of one image's forward pass; memory of a step with the default batch and optimizer."""
    training = TrainingSpec()
    optimizer = catalog.load(training.optimizer, catalog.optimizer_entries())
    return {
        "parameters": plan.parameters,
        "trainable_parameters": plan.trainable_parameters,
        "multiply_adds": plan.multiply_adds,
        "memory_bytes": plan.training_bytes(training.batch_size, optimizer.slots),
    }


def _row(network: dict[str, Any]) -> tuple[object, ...]:
    named = (network["preset"], network["title"])
    counted = network["published"]
    about = "about " if counted["rounding"] else ""
    published = (network["paper"], f"{about}{counted['parameters']:,}")
    if "problem" in network:
        return (*named, "", "", "", network["problem"], *published)
    return (
        *named,
        f"{network['parameters']:,}",
        f"{network['multiply_adds']:,}",
        bytes_words(network["memory_bytes"]),
        network["summary"],
        *published,
    )


def _augmentations(arguments: argparse.Namespace, output: Output) -> int:
    del arguments
    found: list[dict[str, Any]] = [
        {
            "kind": kind,
            "title": entry.title,
            "group": entry.group,
            "summary": entry.summary,
            "settings": entry().model_dump(mode="json"),
        }
        for kind, entry in catalog.augmentation_entries().items()
    ]
    found.sort(key=itemgetter("group"))
    presets: list[dict[str, Any]] = [
        {
            "kind": kind,
            "title": preset.title,
            "summary": preset.summary,
            "steps": [step.model_dump(mode="json") for step in preset_augmentation(kind).steps],
        }
        for kind, preset in catalog.augmentation_preset_entries().items()
    ]
    output.table(
        "Augmentations, with the settings that --set augmentation.steps.N.NAME=VALUE changes",
        ["Group", "Kind", "What it does", "Settings"],
        [(one["group"], one["kind"], one["summary"], _settings(one["settings"])) for one in found],
    )
    output.table(
        "Presets, for --augment",
        ["Preset", "What it is", "Augmentations"],
        [
            (one["kind"], one["summary"], ", ".join(step["kind"] for step in one["steps"]))
            for one in presets
        ],
    )
    output.result({"augmentations": found, "presets": presets})
    return 0


def _settings(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in settings.items())


def _devices(arguments: argparse.Namespace, output: Output) -> int:
    from imgclf_gui.cli.session import Session
    from imgclf_gui.protocol.events import DevicesListed

    del arguments
    with Session(output) as session:
        listed = session.follow(session.jobs.warm_up())
    if not isinstance(listed, DevicesListed):
        raise TypeError(listed)
    rows = [
        (device.label, device.name, bytes_words(device.memory_bytes) if device.memory_bytes else "")
        for device in listed.devices
    ]
    output.table("", ["Device", "Name", ">Memory"], rows)
    devices = [device.model_dump(mode="json") for device in listed.devices]
    output.result({"devices": devices, "versions": listed.versions})
    return 0


def _size(text: str) -> tuple[int, int, int]:
    """(height, width, channels) of 'WIDTHxHEIGHTxCHANNELS'."""
    found = re.fullmatch(r"(\d{1,4})[x×](\d{1,4})[x×]([13])", text.strip().lower())
    if found is None or not all(0 < int(side) <= 2048 for side in found.groups()):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no size; write 28x28x1: width and height up to 2048, 1 or 3 channels"
        )
    width, height, channels = map(int, found.groups())
    return height, width, channels


def _classes(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of classes; write 2 to 100000")
    return int(text)
