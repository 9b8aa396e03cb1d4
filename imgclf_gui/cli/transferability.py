"""`imgclf transferability`: which backbone suits the images, which of its blocks, for how few."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imgclf_gui.cli.numbers import whole
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import duration
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import SPLITS
from imgclf_gui.jobs.transferability import (
    TRAIN_IMAGES,
    chosen_backbones,
    kept_measurement,
    measure_transfer,
    transfer_figures,
)
from imgclf_gui.protocol.events import Event
from imgclf_gui.protocol.transfer_events import TransferFinished, TransferKind
from imgclf_gui.protocol.transfer_state import TransferState, fold, transfer_sentence
from imgclf_gui.protocol.transfer_table import transfer_table

KINDS: tuple[TransferKind, ...] = ("rank", "layers", "few-images")


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "transferability",
        parents=[shared],
        help="measure which backbone suits the images, which of its blocks, and for how few images",
    )
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument(
        "--what",
        choices=KINDS,
        default="rank",
        help="rank the backbones (default); probe the blocks of one (layers); or compare it with "
        "training from nothing on few images",
    )
    parser.add_argument(
        "--backbone",
        action="append",
        default=[],
        metavar="ID",
        help="one of 'imgclf backbones', or run:RUN; several times for a ranking",
    )
    parser.add_argument(
        "--most",
        type=whole(2, 100_000),
        metavar="N",
        help="training images that are drawn, at most (default: "
        f"{TRAIN_IMAGES['rank']:,}; for few-images {TRAIN_IMAGES['few-images']:,})",
    )
    parser.add_argument(
        "--split", choices=SPLITS[1:], default="validation", help="measured on (default)"
    )
    parser.add_argument(
        "--seeds", type=whole(1, 20), metavar="N", help="of each number of images (default: 3)"
    )
    parser.add_argument(
        "--steps", type=whole(1, 100_000), metavar="N", help="of a training from nothing, at most"
    )
    parser.add_argument(
        "--seed", type=whole(0, 2**31 - 21), default=0, metavar="N", help="default: 0"
    )
    parser.add_argument("--show", action="store_true", help="show what is kept instead")
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace, output: Output) -> int:
    project, kind = Project.open(arguments.project), arguments.what
    if len(arguments.backbone) > 1 and kind != "rank":
        raise UserError(
            "use.backbone",
            f"'{kind}' measures one backbone.",
            "Name one with --backbone, or several with --what rank.",
        )
    if arguments.show:
        return _say(_kept(project, arguments), output)
    events: list[Event] = []
    with Session(output) as session:
        job = measure_transfer(
            session.jobs,
            project,
            project.spec,
            kind,
            arguments.backbone,
            split=arguments.split,
            most=arguments.most,
            seed=arguments.seed,
            seeds=arguments.seeds,
            steps=arguments.steps,
        )
        events.extend(session.events(job))
    return _say(fold(events), output)


def _kept(project: Project, arguments: argparse.Namespace) -> TransferState:
    kind: TransferKind = arguments.what
    backbone = ""
    if kind != "rank":
        backbone = chosen_backbones(project, project.spec, kind, arguments.backbone)[0].id
    state = kept_measurement(project, kind, backbone)
    if state is None:
        raise UserError(
            "use.transfer",
            f"Nothing of that kind was measured yet{f' for {backbone}' if backbone else ''}.",
            "Leave --show out to measure it now.",
        )
    return state


def _say(state: TransferState, output: Output) -> int:
    started = state.started
    if started is not None and state.results:
        table = transfer_table(state)
        columns = [f"{'' if it.form == 'text' else '>'}{it.title}" for it in table.columns]
        output.table(_title(state), columns, table.texts())
    output.say(transfer_sentence(state))
    if started is not None and started.scratch:
        output.say(f"From nothing: {started.scratch}.")
    if isinstance(state.finished, TransferFinished):
        stopped = "Stopped after" if state.finished.stopped else "Measured in"
        output.say(f"{stopped} {duration(state.finished.seconds)}.")
    output.result(transfer_figures(state))
    return 0 if state.complete else 1


def _title(state: TransferState) -> str:
    started = state.started
    if started is None:
        return ""
    learned = f"{started.train_images:,} training images"
    measured = f"{started.images:,} {started.split} images"
    return f"{started.title or 'Backbones'}: learned from {learned}, measured on {measured}"
