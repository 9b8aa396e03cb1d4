"""`--preset`, `--network` and `--augment`: what a command is about, and what is wrong with it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.plan import Problem, preset_augmentation, preset_network
from imgclf_gui.plan.network_file import read_network


def add_network_options(parser: ArgumentParser) -> None:
    """Add --preset, --network, --augment and --set."""
    network = parser.add_mutually_exclusive_group()
    network.add_argument(
        "--preset",
        metavar="PRESET",
        help="the network, one of 'imgclf networks'; without it the project's own",
    )
    network.add_argument(
        "--network",
        type=Path,
        metavar="FILE",
        help="a network's file: saved here, or a Keras model as .keras or .json",
    )
    parser.add_argument(
        "--augment",
        metavar="PRESET",
        help="the augmentations, one of 'imgclf augmentations'; without it the project's own",
    )
    parser.add_argument(
        "--set",
        dest="assignments",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="a setting for this time, as training.epochs=5 or network.blocks.0.filters=8",
    )


def chosen(spec: ProjectSpec, arguments: Namespace) -> tuple[ProjectSpec, tuple[str, ...]]:
    """`spec` with the network and the augmentations that the options name, and notes on a file.

    Raises:
        UserError: `preset.unknown`, `use.preset`, `catalog.unknown`, and those of network files.
    """
    if arguments.augment is not None:
        augmentation = preset_augmentation(arguments.augment)
        spec = spec.model_copy(update={"augmentation": augmentation})
    if arguments.preset is not None:
        return spec.model_copy(update={"network": preset_network(arguments.preset)}), ()
    if arguments.network is not None:
        read = read_network(arguments.network)
        return spec.model_copy(update={"network": read.network}), read.notes
    if not spec.network.blocks:
        presets = ", ".join(catalog.preset_entries())
        raise UserError(
            "use.preset", "The project has no network yet.", f"Name one with --preset: {presets}."
        )
    return spec, ()


def problem_figures(problem: Problem) -> dict[str, Any]:
    """A problem as a program reads it; of the mends their titles."""
    return {
        **problem.model_dump(mode="json", include={"path", "message", "fix"}),
        "mends": [mend.title for mend in problem.mends],
    }
