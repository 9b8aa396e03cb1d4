"""Backbones that a person adds: networks of runs, and files of weights, also downloaded ones."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import remove_abandoned, write_error
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.jobs.downloads import Wanted, Watch, fetch
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.application_weights import published_weights
from imgclf_gui.plan.applications import OF_KERAS, find_application
from imgclf_gui.plan.backbone_files import add_catalogue_file, is_keras_file, shown_name
from imgclf_gui.plan.backbones import (
    Arrays,
    Backbone,
    add_backbone,
    backbones,
    feature_blocks,
    find_backbone,
    own_folder,
    own_id,
    read_arrays,
    run_mark,
)
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import path_text
from imgclf_gui.protocol.events import FINAL_EVENTS, Event

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
        made_of=run_mark(run.info.created_at, run.state().best_epoch),
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
    return _add_keras_file(jobs, path, of, title)


def wanted_weights(of: str) -> Wanted:
    """What would be downloaded for the network `of` ('keras:MobileNetV2'); nobody is asked yet.

    Raises:
        UserError: `backbone.application`, `backbone.blocks`.
    """
    application = find_application(of)
    published = published_weights(application)
    return Wanted(
        url=published.url,
        what=f"weights of {application.title}",
        digest=published.digest,
        size=published.size,
        largest=published.largest,
        otherwise=f"Or get {published.name} on another machine, and add it with 'Add weights "
        f"file…' in the Transfer view, or with --add and --as {application.of}.",
    )


def downloaded_weights(of: str) -> Backbone | None:
    """The backbone that was made of the file that `wanted_weights` names; None: it is not here.

    Raises:
        UserError: as `wanted_weights`.
    """
    url = wanted_weights(of).url
    return next((one for one in backbones().values() if one.source == url), None)


def fetch_weights(
    of: str, watch: Watch, cancelled: threading.Event | None = None, *, server: str = ""
) -> Path | None:
    """Download the weights of the network `of`, to be handed to `add_downloaded`. Only after a
    person agreed to what `wanted_weights` says! Arguments and errors are those of `fetch`.

    Returns:
        The file, alone in a folder of its own; None if it was cancelled.

    Raises:
        UserError: `download.…`, `file.…`, and as `wanted_weights`.
    """
    wanted = wanted_weights(of)
    try:
        own_folder().mkdir(parents=True, exist_ok=True)
        remove_abandoned(own_folder())
        folder = Path(tempfile.mkdtemp(prefix=".download-", suffix=".part", dir=own_folder()))
    except OSError as error:
        raise write_error(own_folder(), error) from error
    found: str | None = None
    try:
        found = fetch(wanted, folder / wanted.name, watch, cancelled, server=server)
    finally:
        if found is None:
            shutil.rmtree(folder, ignore_errors=True)
    return folder / wanted.name if found else None


def add_downloaded(jobs: Jobs, path: Path, of: str, title: str = "") -> str:
    """Keep what `fetch_weights` made as a backbone: the job's id → TransferProgressed…,
    BackboneAdded. The file goes through the same gate as any other, and is gone afterwards.

    Raises:
        UserError: as `add_weights_file`.
    """

    def record(event: Event) -> None:
        if isinstance(event, FINAL_EVENTS):
            shutil.rmtree(path.parent, ignore_errors=True)

    try:
        url = wanted_weights(of).url
        return _add_keras_file(jobs, path, of, title, source=url, record=record)
    except UserError:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise


def _add_keras_file(
    jobs: Jobs,
    path: Path,
    of: str,
    title: str,
    *,
    source: str = "",
    record: Callable[[Event], None] | None = None,
) -> str:
    find_application(of)
    if not is_keras_file(path):
        raise UserError(
            "backbone.file",
            f"{shown_name(path)} is no weights file of Keras: neither HDF5 nor .keras.",
            "Save the weights with Keras: model.save_weights('name.weights.h5').",
        )
    command = commands.AddBackbone(
        job=jobs.new_job("backbone"),
        file=path_text(path),
        application=of,
        title=title,
        source=source,
    )
    return jobs.submit("predict", command, record)


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
