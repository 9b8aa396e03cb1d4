"""`--preset`, `--network` and `--augment`: what a command is about, and what is wrong with it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.jobs.backbones import named_backbone
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.plan import Problem, preset_augmentation, preset_network
from imgclf_gui.plan.backbones import catalog_backbones
from imgclf_gui.plan.network_file import read_network
from imgclf_gui.plan.transfer import TRANSFER, trained_behind, with_backbone


def add_network_options(parser: ArgumentParser) -> None:
    """Add --preset, --network, --augment and --set."""
    network = parser.add_mutually_exclusive_group()
    network.add_argument(
        "--preset",
        metavar="PRESET",
        help="the network, one of 'imgclf networks', or 'transfer' for a backbone with a new head; "
        "without it the project's own",
    )
    network.add_argument(
        "--network",
        type=Path,
        metavar="FILE",
        help="a network's file: saved here, or a Keras model as .keras or .json",
    )
    parser.add_argument(
        "--backbone",
        metavar="BACKBONE",
        help=f"with --preset {TRANSFER}: one of 'imgclf backbones', or run:003 for a run's network",
    )
    parser.add_argument(
        "--freeze-until",
        metavar="BLOCK",
        help=f"with --preset {TRANSFER}: the last block of the backbone that stays as it is, by "
        "name or number; those behind it are fine-tuned. Without it all stay.",
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


def chosen(
    project: Project, spec: ProjectSpec, arguments: Namespace
) -> tuple[ProjectSpec, tuple[str, ...]]:
    """`spec` with the network and the augmentations that the options name, and notes on a file.

    Raises:
        UserError: `preset.unknown`, `use.preset`, `use.backbone`, `backbone.…`, `catalog.unknown`,
            and those of network files.
    """
    transfer = arguments.preset == TRANSFER
    if not transfer and (arguments.backbone or arguments.freeze_until):
        raise UserError(
            "use.backbone",
            f"--backbone and --freeze-until belong to --preset {TRANSFER}.",
            f"Add --preset {TRANSFER}, or leave them out.",
        )
    if arguments.augment is not None:
        augmentation = preset_augmentation(arguments.augment)
        spec = spec.model_copy(update={"augmentation": augmentation})
    if transfer:
        return _transfer(project, spec, arguments), ()
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


def _transfer(project: Project, spec: ProjectSpec, arguments: Namespace) -> ProjectSpec:
    backbone = named_backbone(project, arguments.backbone or next(iter(catalog_backbones())))
    trained = 0
    if arguments.freeze_until is not None:
        trained = trained_behind(backbone, arguments.freeze_until)
    return with_backbone(spec, dataset_summary(project), backbone, trained_blocks=trained)


def problem_figures(problem: Problem) -> dict[str, Any]:
    """A problem as a program reads it; of the mends their titles."""
    return {
        **problem.model_dump(mode="json", include={"path", "message", "fix"}),
        "mends": [mend.title for mend in problem.mends],
    }
