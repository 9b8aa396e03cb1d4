"""`imgclf plan`: what a network costs, block for block, or what is wrong with it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.cli.assign import assign
from imgclf_gui.cli.networks import add_network_options, chosen, problem_figures
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.text import percent
from imgclf_gui.core import machine
from imgclf_gui.core.block_checks import shape_text
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import AugmentationStep, BlockSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.core.tree import Blocks, Place, field_path, walk
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.plan import (
    EXAMPLE_DATASET,
    BlockPlan,
    NetworkDraft,
    NetworkPlan,
    data_budget,
    data_plan,
    draft_network,
    largest_batch,
    resolve,
    resolve_network,
)
from imgclf_gui.plan.network import has_too_many, load_entry
from imgclf_gui.plan.resolve import MEMORY_SHARE


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    plan = commands.add_parser(
        "plan", parents=[shared], help="what a network costs, block for block, and what is wrong"
    )
    plan.add_argument("project", type=Path, metavar="PROJECT")
    add_network_options(plan)
    plan.add_argument(
        "--batch", metavar="IMAGES", help="images a training step; without it as the project says"
    )
    plan.set_defaults(act=_plan)


def _plan(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    spec, notes = chosen(project, project.spec, arguments)
    batch = [f"training.batch_size={arguments.batch}"] if arguments.batch is not None else []
    spec = assign(spec, [*arguments.assignments, *batch])
    figures = planned(spec, dataset_summary(project, spec))
    for note in notes:
        output.say(f"Note: {note}")
    _say(figures, output)
    output.result({**figures, "notes": list(notes)})
    return 1 if figures["problems"] else 0


def planned(spec: ProjectSpec, images: DatasetSummary) -> dict[str, Any]:
    """What `spec` costs with the dataset `images` on this machine, and what is wrong with it."""
    example = not images.labels
    dataset = EXAMPLE_DATASET if example else images
    data = data_plan(spec.data, dataset)
    shape, classes = (data.height, data.width, data.channels), len(data.labels)
    memory = machine.memory_bytes()
    device = DeviceSummary(label="cpu", name="this machine", memory_bytes=memory)
    resolution = resolve(spec, dataset, device)
    network, _ = resolve_network(spec.network, shape, classes)
    return {
        "preset": spec.network.preset,
        "input_shape": list(shape),
        "classes": classes,
        "example": example,
        "blocks": _blocks(spec.network.blocks, draft_network(spec.network.blocks, shape, classes)),
        "augmentation": [_augmentation(step) for step in spec.augmentation.steps],
        "total": None if network is None else _total(network, spec, images, memory),
        "problems": [problem_figures(one) for one in resolution.problems],
        "warnings": [] if example else [problem_figures(one) for one in resolution.warnings],
    }


def _augmentation(step: AugmentationStep) -> dict[str, Any]:
    """With every setting written out, if its kind and settings are sound."""
    entry, _ = load_entry(step, catalog.augmentation_entries(), "")
    if entry is None:
        return {**step.model_dump(mode="json"), "title": step.kind, "brief": ""}
    stored = entry.to_spec().model_dump(mode="json")
    return {**stored, "enabled": step.enabled, "title": entry.title, "brief": entry.brief()}


def _total(
    network: NetworkPlan, spec: ProjectSpec, images: DatasetSummary, memory: int
) -> dict[str, Any]:
    optimizer, _ = load_entry(spec.training.optimizer, catalog.optimizer_entries(), "")
    slots = optimizer.slots if optimizer is not None else 0
    trainable = network.trainable_parameters
    return {
        "parameters": network.parameters,
        "trainable_parameters": trainable,
        "multiply_adds": network.multiply_adds,
        "activation_bytes": network.activation_bytes,
        "batch_size": spec.training.batch_size,
        "training_bytes": network.training_bytes(spec.training.batch_size, slots),
        "largest_batch": largest_batch(network, slots, memory),
        "machine_bytes": memory,
        "budget": data_budget(trainable, images.count("train")),
    }


def _blocks(blocks: Blocks, draft: NetworkDraft) -> list[dict[str, Any]]:
    """Every block once, with figures as far as it could be planned; none of too many."""
    if has_too_many(blocks):
        return []
    return [_block(place, block, draft.at.get(place)) for place, block in walk(blocks)]


def _block(place: Place, block: BlockSpec, plan: BlockPlan | None) -> dict[str, Any]:
    """Its figures are with all that lies inside it; inside a repeated one, those of one copy."""
    known = catalog.block_entries().get(block.kind)
    named = {
        "path": field_path(place),
        "kind": block.kind,
        "title": block.name or (known.title if known is not None else block.kind),
    }
    if plan is None:
        return named
    inside = list(plan.walk())
    return {
        **named,
        "settings": plan.brief,
        "input_shape": list(plan.input_shape),
        "output_shape": list(plan.output_shape),
        "parameters": sum(part.parameters for part in inside),
        "trainable_parameters": sum(part.trainable_parameters for part in inside),
        "multiply_adds": sum(part.multiply_adds for part in inside),
        "activation_bytes": sum(part.activation_bytes for part in inside),
    }


def _say(figures: dict[str, Any], output: Output) -> None:
    height, width, channels = figures["input_shape"]
    what = f"{width}×{height}×{channels} images in {figures['classes']} classes"
    if figures["example"]:
        what += ", until there is a dataset"
    columns = ["Block", "Settings", "Output", ">Parameters", ">Multiply-adds", ">Memory an image"]
    if figures["blocks"]:
        output.table(f"For {what}", columns, [_row(block) for block in figures["blocks"]])
    if figures["augmentation"]:
        rows = [_augmentation_row(step) for step in figures["augmentation"]]
        output.table("", ["Augmentation", "Settings", ">Images"], rows)
    if figures["total"] is not None:
        output.table("", ["", ""], _total_rows(figures["total"]))
        output.say(figures["total"]["budget"])
    for problem in figures["problems"]:
        output.say(f"{problem['path']}: {problem['message']} {problem['fix']}")
    for warning in figures["warnings"]:
        output.say(f"Warning: {warning['message']} {warning['fix']}")


def _augmentation_row(step: dict[str, Any]) -> tuple[object, ...]:
    if not step.get("enabled", True):
        return (step["title"], "off", "")
    share = step.get("probability")
    return (step["title"], step["brief"], percent(share) if isinstance(share, float) else "")


def _row(block: dict[str, Any]) -> tuple[object, ...]:
    depth = block["path"].count(".blocks.") - 1
    title = "  " * depth + block["title"]
    if "output_shape" not in block:
        return (title, "", "", "", "", "")
    return (
        title,
        block["settings"],
        shape_text(block["output_shape"]),
        f"{block['parameters']:,}",
        f"{block['multiply_adds']:,}",
        bytes_words(block["activation_bytes"]),
    )


def _total_rows(total: dict[str, Any]) -> list[tuple[object, ...]]:
    resting = total["parameters"] - total["trainable_parameters"]
    share = f"{100 * MEMORY_SHARE:.0f} % of this machine's {bytes_words(total['machine_bytes'])}"
    return [
        ("Parameters", f"{total['parameters']:,}, {resting:,} of them not trained"),
        ("Multiply-adds", f"{total['multiply_adds']:,} an image"),
        ("A training step", f"{bytes_words(total['training_bytes'])}, "
         f"with a batch of {total['batch_size']:,}"),
        ("Largest batch", f"{total['largest_batch']:,}, in {share}"),
    ]  # fmt: skip
