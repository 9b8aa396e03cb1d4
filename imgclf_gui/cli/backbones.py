"""`imgclf backbones`: what networks can begin with, and what a person adds to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.jobs.backbones import add_weights_file, backbone_of_run
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.plan import resolve_network
from imgclf_gui.plan.applications import APPLICATIONS, OF_KERAS
from imgclf_gui.plan.backbone_files import remove_backbone
from imgclf_gui.plan.backbones import Backbone, backbones, find_backbone, weights_path
from imgclf_gui.protocol.events import BackboneAdded

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
        epilog=f"Networks of Keras: {', '.join(APPLICATIONS)}. Not all of them can be made of "
        "blocks; one that cannot is refused with the reason.",
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
        "--title", default="", metavar="TEXT", help="with --add, for a network of Keras: its name"
    )
    parser.set_defaults(act=_backbones)


def _backbones(arguments: argparse.Namespace, output: Output) -> int:
    if arguments.add is None and (arguments.of or arguments.title):
        raise UserError(
            "use.backbones", "--as and --title belong to --add.", "Add --add, or leave them out."
        )
    if len(arguments.title) > 200:
        raise UserError("use.backbones", "The title has more than 200 characters.", "Shorten it.")
    if arguments.add is not None:
        _add(arguments, output)
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
