"""Measurements of transfer: started, kept in the project's folder `transfer`, and read again.

transfer/rank.json                   which backbone suits
transfer/layers-<backbone>.json      which of its blocks
transfer/few-images-<backbone>.json  for how few images

Each holds a sentence and a table for whoever reads the file, and the events that all of it follows
from. A new measurement takes the place of the one before; one that was stopped does so only if
that was not complete either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import DataSpec, NetworkSpec, ProjectSpec, Split
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.jobs.backbones import named_backbone
from imgclf_gui.jobs.endings import Role
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan import data_plan, preset_network, resolve_network
from imgclf_gui.plan.backbones import Backbone, backbones, first_backbone, weights_path
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import path_text
from imgclf_gui.protocol.events import FINAL_EVENTS, Event
from imgclf_gui.protocol.transfer_events import TransferKind, TransferProgressed
from imgclf_gui.protocol.transfer_state import (
    TransferState,
    block_rows,
    few_rows,
    fold,
    rank_rows,
    transfer_sentence,
)

FOLDER = "transfer"
TRAIN_IMAGES: dict[TransferKind, int] = {"rank": 1_000, "layers": 1_000, "few-images": 2_000}
"""How many are drawn, unless the person says otherwise."""
FROM_NOTHING = ("cnn-bn", "cnn", "dnn", "linear")
"""Presets that are trained from nothing where the project's network is itself a transfer."""

_ROWS: dict[TransferKind, Callable[[TransferState], Sequence[Any]]] = {
    "rank": rank_rows,
    "layers": block_rows,
    "few-images": few_rows,
}
_EVENTS: TypeAdapter[list[Event]] = TypeAdapter(list[Event])


def measure_transfer(
    jobs: Jobs,
    project: Project,
    spec: ProjectSpec,
    kind: TransferKind,
    names: Sequence[str] = (),
    *,
    split: Split = "validation",
    most: int | None = None,
    seed: int = 0,
    counts: Sequence[int] | None = None,
    seeds: int | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    role: Role = "background",
    on_event: Callable[[Event], None] | None = None,
) -> str:
    """Measure the backbones called `names` → TransferStarted, a result each, TransferFinished.

    'run:003' is a run. Without names it is all that are on this machine that are ranked; else the
    one that the project's network begins with, or the first there is. None means what is usual.
    `role` is the worker that does it; `on_event` hears of it, once it is kept.

    Raises:
        UserError: `transfer.none`, `backbone.…`, `run.…`, or the worker cannot be started.
    """
    summary = dataset_summary(project, spec)
    chosen = chosen_backbones(project, spec, kind, names)
    network, network_data = from_nothing(spec, summary)
    usual = {"counts": counts, "seeds": seeds, "epochs": epochs, "steps": steps}
    command = commands.MeasureTransfer(
        job=jobs.new_job("transfer"),
        project=path_text(project.folder),
        kind=kind,
        backbones=tuple(backbone.id for backbone in chosen),
        data=spec.data,
        device=spec.training.device,
        split=split,
        most=TRAIN_IMAGES[kind] if most is None else most,
        seed=seed,
        network=network,
        network_data=network_data,
        **{name: value for name, value in usual.items() if value is not None},
    )
    return jobs.submit(role, command, _keeper(project, command, on_event))


def chosen_backbones(
    project: Project, spec: ProjectSpec, kind: TransferKind, names: Sequence[str] = ()
) -> list[Backbone]:
    """What `names` name, each once; without names what is usual for `kind`.

    Raises:
        UserError: `transfer.none`, `backbone.…`, `run.…`.
    """
    if names:
        named = [named_backbone(project, name) for name in names]
        return list({backbone.id: backbone for backbone in named}.values())
    known = backbones()
    there = [backbone for backbone in known.values() if weights_path(backbone) is not None]
    if not there:
        raise UserError(
            "transfer.none",
            "There are no backbones with weights on this machine.",
            "Add one: imgclf backbones --add FILE.",
        )
    if kind == "rank":
        return there
    mine = first_backbone(spec.network, known)
    return [mine if mine in there and mine is not None else there[0]]


def from_nothing(spec: ProjectSpec, summary: DatasetSummary) -> tuple[NetworkSpec, DataSpec]:
    """What is trained from nothing, and how it sees the images.

    The project's own network as it is; if that begins with a backbone, the first of
    `FROM_NOTHING` that the images are large enough for, at the size that is usual for them.
    """
    transfers = any(block.kind == "backbone" for block in spec.network.blocks)
    if not transfers and _resolves(spec.network, spec.data, summary):
        return spec.network, spec.data
    data = spec.data.model_copy(
        update={"image_width": None, "image_height": None, "channels": "auto"}
    )
    networks = [preset_network(preset) for preset in FROM_NOTHING]
    found = (network for network in networks if _resolves(network, data, summary))
    return next(found, networks[-1]), data


def kept_measurements(project: Project) -> list[TransferState]:
    """All that is kept, the newest first; what cannot be read is left out."""
    paths = list((project.folder / FOLDER).glob("*.json"))
    states = [state for state in map(_read, paths) if state is not None and state.started]
    return sorted(states, key=lambda state: -(state.started.at if state.started else 0))


def kept_measurement(
    project: Project, kind: TransferKind, backbone: str = ""
) -> TransferState | None:
    """The one that is kept; None if there is none that can be read."""
    return _read(_path(project, kind, backbone))


def transfer_figures(state: TransferState) -> dict[str, Any]:
    """What a program wants to know; accuracies are fractions, times are seconds."""
    started = state.started
    rows: Sequence[Any] = _ROWS[started.kind](state) if started else ()
    return {
        "sentence": transfer_sentence(state),
        "complete": state.complete,
        "measured": started.model_dump(mode="json", exclude=_OF_EVENTS) if started else None,
        "rows": [_plain(asdict(row)) for row in rows],
        "seconds": state.finished.seconds if state.finished else None,
        "warnings": state.warnings,
    }


_OF_EVENTS = {"job", "at", "type", "right"}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """`row` with what its event holds beside its own figures."""
    event = row.pop("measured", None) or row.pop("probed", None)
    told = event.model_dump(mode="json", exclude=_OF_EVENTS) if event is not None else {}
    return {**told, **row}


def _resolves(network: NetworkSpec, data: DataSpec, summary: DatasetSummary) -> bool:
    seen = data_plan(data, summary)
    shape = (seen.height, seen.width, seen.channels)
    return resolve_network(network, shape, len(seen.labels))[0] is not None


def _keeper(
    project: Project,
    command: commands.MeasureTransfer,
    on_event: Callable[[Event], None] | None = None,
) -> Callable[[Event], None]:
    """Gathers events, and with the final one writes what came of them."""
    backbone = "" if command.kind == "rank" else command.backbones[0]
    path, events = _path(project, command.kind, backbone), list[Event]()

    def keep(event: Event) -> None:
        if not isinstance(event, TransferProgressed):
            events.append(event)
        try:
            if isinstance(event, FINAL_EVENTS):
                _write(path, events)
        finally:
            if on_event is not None:
                on_event(event)

    return keep


def _write(path: Path, events: list[Event]) -> None:
    """Keep the measurement, unless it came to nothing, or to less than what is kept.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    state = fold(events)
    if not state.results:
        return
    before = None if state.complete else _read(path)
    if before is not None and before.complete:
        return
    content = {**transfer_figures(state), "events": _EVENTS.dump_python(events, mode="json")}
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise write_error(path.parent, error) from error
    write_text_atomic(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def _path(project: Project, kind: TransferKind, backbone: str) -> Path:
    name = kind if kind == "rank" else f"{kind}-{backbone}"
    return project.folder / FOLDER / f"{name}.json"


def _read(path: Path) -> TransferState | None:
    try:
        content = json.loads(path.read_text("utf-8"))
        return fold(_EVENTS.validate_python(content["events"]))
    except (OSError, ValueError, KeyError, TypeError, ValidationError, RecursionError):
        return None
