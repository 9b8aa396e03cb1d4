"""`imgclf demo`: the whole way on a sample that ships inside."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imgclf_gui.cli.assign import assign
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.projects import import_source
from imgclf_gui.cli.training import train
from imgclf_gui.core.project import SPEC_FILE, Project
from imgclf_gui.core.resources import Sample, data_folder, samples
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.plan import preset_network

PRESET = "cnn"
EPOCHS = 10


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    demo = commands.add_parser("demo", parents=[shared], help="train on a sample that ships inside")
    demo.add_argument("--sample", choices=_samples(), default="fashion")
    demo.add_argument("--epochs", default=EPOCHS, help=f"default: {EPOCHS}")
    demo.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where the project goes (a new folder)"
    )
    demo.set_defaults(act=_demo)


def _demo(arguments: argparse.Namespace, output: Output) -> int:
    sample = _samples()[arguments.sample]
    folder: Path = arguments.keep or data_folder() / f"demo-{sample.name}"
    output.say(f"{sample.title}: {sample.images:,} images in {len(sample.classes)} classes.")
    project = _project(folder, sample, output)
    spec = assign(project.spec, [f"training.epochs={arguments.epochs}"])
    code = train(project, spec, "", output)
    output.say(f"Open the project in the window: imgclf-gui {project.folder}")
    return code


def _samples() -> dict[str, Sample]:
    return {sample.name: sample for sample in samples()}


def _project(folder: Path, sample: Sample, output: Output) -> Project:
    """The demonstration's project; one from an earlier demonstration gets another run."""
    if (folder / SPEC_FILE).exists():
        project = Project.open(folder)
    else:
        project = Project.create(folder)
        network = preset_network(PRESET)
        project.save(project.spec.model_copy(update={"name": sample.title, "network": network}))
    if not dataset_summary(project).count():
        import_source(project, sample.folder, output)
    return project
