"""`imgclf backbones`: what networks can begin with, and what a person adds to it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.jobs.backbones import (
    add_downloaded,
    add_weights_file,
    backbone_of_run,
    downloaded_weights,
    fetch_weights,
    wanted_weights,
)
from imgclf_gui.jobs.downloads import Progress, Wanted
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.plan import resolve_network
from imgclf_gui.plan.applications import APPLICATIONS, OF_KERAS
from imgclf_gui.plan.backbone_files import remove_backbone
from imgclf_gui.plan.backbones import Backbone, backbones, find_backbone, weights_path
from imgclf_gui.protocol.events import BackboneAdded
from imgclf_gui.protocol.transfer_events import TransferProgressed

_COLUMNS = (
    "Backbone", "What it is", ">Parameters", ">Image", "Learned from", "Licence", "Weights",
    "sha256",
)  # fmt: skip


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "backbones",
        parents=[shared],
        help="list the pretrained networks to begin with, add one, or remove it",
        epilog=f"Networks of Keras: {_names(buildable=True)}. No blocks can be made of "
        f"{_names(buildable=False)}.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--add",
        type=Path,
        metavar="FILE",
        help="keep weights: a safetensors file of a backbone in the list, or what Keras saved of "
        "one of its own networks (.weights.h5, .h5, .keras)",
    )
    what.add_argument(
        "--add-run", nargs=2, metavar=("PROJECT", "RUN"), help="keep what a run has learned"
    )
    what.add_argument(
        "--download",
        metavar="NETWORK",
        help=f"keep the ImageNet weights that Keras publishes of a network, {OF_KERAS}MobileNetV2; "
        "says what is asked of whom, and asks you first",
    )
    what.add_argument("--remove", metavar="BACKBONE", help="take one that you added away again")
    parser.add_argument(
        "--as",
        dest="of",
        default="",
        metavar="NETWORK",
        help="with --add: what the weights are of, a backbone in the list or "
        f"{OF_KERAS}MobileNetV2",
    )
    parser.add_argument(
        "--title",
        default="",
        metavar="TEXT",
        help="with --add or --download, for a network of Keras: its name",
    )
    parser.add_argument(
        "--yes", action="store_true", help="with --download: you agree, and are not asked"
    )
    parser.set_defaults(act=_backbones)


def _backbones(arguments: argparse.Namespace, output: Output) -> int:
    _check_use(arguments)
    if arguments.add is not None:
        _add(arguments, output)
    elif arguments.download is not None:
        return _download(arguments, output)
    elif arguments.add_run is not None:
        folder, name = arguments.add_run
        project = Project.open(Path(folder))
        _say_added(backbone_of_run(project, RunFolder.find(project, name)), "", output)
    elif arguments.remove is not None:
        gone = remove_backbone(arguments.remove)
        output.say(f"{gone.title} ({gone.id}) is removed, with its weights.")
        output.result({"removed": gone.id})
    else:
        _list(output)
    return 0


def _check_use(arguments: argparse.Namespace) -> None:
    titled = arguments.add is not None or arguments.download is not None
    if (arguments.add is None and arguments.of) or (arguments.title and not titled):
        raise UserError(
            "use.backbones",
            "--as and --title belong to --add.",
            "Add --add (or for a title --download), or leave them out.",
        )
    if arguments.yes and arguments.download is None:
        raise UserError("use.backbones", "--yes belongs to --download.", "Leave it out.")
    if len(arguments.title) > 200:
        raise UserError("use.backbones", "The title has more than 200 characters.", "Shorten it.")


def _download(arguments: argparse.Namespace, output: Output) -> int:
    of = arguments.download
    wanted, here = wanted_weights(of), downloaded_weights(of)
    if here is not None:
        output.say(f"The {wanted.what} were downloaded before: nothing is sent.")
        _say_added(here, "", output)
        return 0
    for line in (*wanted.consent(), f"The file: {wanted.url}"):
        output.say(line)
    if not arguments.yes and not _agreed(wanted, output):
        output.say("Nothing was downloaded.")
        return 1
    path = fetch_weights(of, lambda progress: output.take(_event(wanted, progress)))
    if path is None:
        raise TypeError(path)  # nobody cancels it here
    with Session(output) as session:
        final = session.follow(add_downloaded(session.jobs, path, of, arguments.title))
    if not isinstance(final, BackboneAdded):
        raise TypeError(final)
    _say_added(find_backbone(final.backbone), final.file_sha256, output)
    return 0


def _agreed(wanted: Wanted, output: Output) -> bool:
    """Whether the person says yes; a program cannot be asked."""
    if output.json_lines or not sys.stdin.isatty():
        raise UserError(
            "use.consent",
            f"Nothing was downloaded from {wanted.host}: nobody can be asked here to agree.",
            "Add --yes if you agree.",
            wanted.url,
        )
    try:
        answer = input("Download it? [y/N] ")
    except EOFError:
        answer = ""
    return answer.strip().lower() in ("y", "yes")


def _event(wanted: Wanted, progress: Progress) -> TransferProgressed:
    return TransferProgressed(
        done=progress.fraction or 0.0,
        what=f"downloading {wanted.what}: {progress.words()}",
        seconds_left=progress.seconds_left,
    )


def _add(arguments: argparse.Namespace, output: Output) -> None:
    with Session(output) as session:
        added = add_weights_file(session.jobs, arguments.add, arguments.of, arguments.title)
        if not isinstance(added, str):
            _say_added(*added, output)
            return
        final = session.follow(added)
    if not isinstance(final, BackboneAdded):
        raise TypeError(final)
    _say_added(find_backbone(final.backbone), final.file_sha256, output)


def _say_added(backbone: Backbone, digest: str, output: Output) -> None:
    output.say(f"{backbone.title} is here: --preset transfer --backbone {backbone.id}")
    output.say(f"sha256 of the file: {digest}" if digest else f"sha256: {backbone.sha256}")
    output.result({"added": _figures(backbone), "file_sha256": digest or backbone.sha256})


def _names(*, buildable: bool) -> str:
    """Keras's networks that blocks can be made of, or the others."""
    found = [name for name, one in APPLICATIONS.items() if buildable != bool(one.without_blocks)]
    return ", ".join(found)


def _list(output: Output) -> None:
    found = [_figures(backbone) for backbone in backbones().values()]
    output.table("Backbones, for --preset transfer --backbone", _COLUMNS, [_row(o) for o in found])
    output.result({"backbones": found})


def _figures(backbone: Backbone) -> dict[str, Any]:
    path = weights_path(backbone)
    return {
        "backbone": backbone.id,
        "title": backbone.title,
        "summary": backbone.summary,
        "parameters": _parameters(backbone),
        "width": backbone.width,
        "height": backbone.height,
        "channels": backbone.channels,
        "learned_from": backbone.learned_from,
        "licence": backbone.licence,
        "paper": backbone.paper,
        "own": backbone.own,
        "source": backbone.source,
        "weights": None if path is None else str(path),
        "sha256": backbone.sha256,
    }


def _parameters(backbone: Backbone) -> int | None:
    """Weights and gathered statistics; None if this installation lacks one of its blocks."""
    holder = BlockSpec(kind="backbone", blocks=backbone.blocks)
    behind = (BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))
    shape = (backbone.height, backbone.width, backbone.channels)
    plan, _ = resolve_network(NetworkSpec(blocks=(holder, *behind)), shape, 2)
    return sum(block.parameters for block in plan.blocks[0].walk()) if plan else None


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    parameters = one["parameters"]
    return (
        one["backbone"],
        one["title"],
        "" if parameters is None else f"{parameters:,}",
        f"{one['width']}×{one['height']}×{one['channels']}",
        one["learned_from"],
        one["licence"],
        one["weights"] or "missing: --add its file",
        one["sha256"][:12],
    )
