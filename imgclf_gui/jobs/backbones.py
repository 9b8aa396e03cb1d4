"""Backbones that a person adds: networks of runs, and files of weights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.applications import OF_KERAS, find_application
from imgclf_gui.plan.backbone_files import add_catalogue_file, is_keras_file, shown_name
from imgclf_gui.plan.backbones import (
    Arrays,
    Backbone,
    add_backbone,
    backbones,
    feature_blocks,
    find_backbone,
    own_id,
    read_arrays,
)
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import path_text

OF_RUN = "run:"
"""In front of a run's name or id, where a backbone is named."""
_BEST = "checkpoints/best.safetensors"


def named_backbone(project: Project, name: str) -> Backbone:
    """The backbone called `name`; 'run:003' is a run of `project`, kept for all projects now.

    Raises:
        UserError: `backbone.unknown`, `run.…`, `backbone.run`.
    """
    if not name.startswith(OF_RUN):
        return find_backbone(name)
    return backbone_of_run(project, RunFolder.find(project, name.removeprefix(OF_RUN)))


def backbone_of_run(project: Project, run: RunFolder) -> Backbone:
    """What `run` learned, without its head, as a backbone on this machine.

    Raises:
        UserError: `backbone.run` if it has no model, or nothing before its head; `run.damaged`;
            `backbone.damaged`; `file.…`.
    """
    path = run.folder / _BEST
    if not path.is_file():
        raise UserError(
            "backbone.run",
            f"The run {run.name} has no model yet.",
            "Let it complete one epoch at least.",
        )
    arrays, digest = read_arrays(path)
    spec, data = run.spec(), run.plan().data
    found = own_id(run.name, digest)
    if found in backbones():
        return find_backbone(found)
    blocks = spec.network.blocks
    end = feature_blocks([block.kind for block in blocks])
    if not end:
        raise UserError(
            "backbone.run",
            f"The network of the run {run.name} begins with {blocks[0].kind}: it has no features.",
            "Choose a run whose network begins with convolutions.",
        )
    backbone = Backbone(
        id=found,
        title=f"{run.name} of {project.spec.name}",
        summary=f"What this run learned, up to its block {end}.",
        learned_from=f"{project.spec.name}: {data.train_images:,} images of "
        f"{len(data.labels)} classes",
        width=data.width,
        height=data.height,
        channels=data.channels,
        blocks=tuple(map(_plain, blocks[:end])),
    )
    return add_backbone(backbone, _without_head(arrays, end))


def add_weights_file(
    jobs: Jobs, path: Path, of: str = "", title: str = ""
) -> str | tuple[Backbone, str]:
    """Keep the weights in `path` as a backbone.

    A safetensors file is of the catalogue's backbone `of` (empty: it is recognised), and is kept
    at once: the backbone, and the sha256 of the file. One of Keras (HDF5, .keras) is of the network
    `of` ('keras:MobileNetV2'), and a worker reads it: the job's id → BackboneAdded. What was
    there before is replaced as a whole, or left as it was. Works during a training.

    Raises:
        UserError: `backbone.file`, `backbone.application`, `backbone.unknown`, `backbone.damaged`,
            `use.title`, `file.…`; or the worker cannot be started.
    """
    if not of.startswith(OF_KERAS) and not is_keras_file(path):
        if title:
            raise UserError(
                "use.title", "A backbone of the catalogue keeps its title.", "Leave the title out."
            )
        return add_catalogue_file(path, of)
    find_application(of)
    if not is_keras_file(path):
        raise UserError(
            "backbone.file",
            f"{shown_name(path)} is no weights file of Keras: neither HDF5 nor .keras.",
            "Save the weights with Keras: model.save_weights('name.weights.h5').",
        )
    command = commands.AddBackbone(
        job=jobs.new_job("backbone"), file=path_text(path), application=of, title=title
    )
    return jobs.submit("predict", command)


def _plain(block: BlockSpec) -> BlockSpec:
    """`block`; a backbone in it begins with what the run made of it, not with its old weights."""
    inside = tuple(map(_plain, block.blocks))
    settings: dict[str, Any] = {"blocks": inside}
    if block.kind == "backbone":
        settings.update({"weights": "", "frozen": False, "trained_blocks": 0})
    return block.model_copy(update=settings)


def _without_head(arrays: Arrays, end: int) -> Arrays:
    """The weights of the first `end` blocks, named as in a backbone's file."""
    named = {re.sub(r"^\d+\.block_", "", name): array for name, array in arrays.items()}
    return {name: array for name, array in named.items() if int(name[:2]) < end}
