"""Twins for the lab: two runs that differ in one thing, trained one behind the other."""

from __future__ import annotations

from typing import NamedTuple
from uuid import uuid4

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.jobs.planning import sound_plan
from imgclf_gui.jobs.run_folder import RunFolder, network_name
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.lab import ablation_title, without
from imgclf_gui.protocol.findings import Twin, findings


class Twins(NamedTuple):
    """A run, and the run of the same network without one of its ideas."""

    whole: RunFolder
    reduced: RunFolder

    @property
    def what(self) -> str:
        """What the second lacks, for people: 'shortcuts'."""
        return ablation_title(self.reduced.info.without)

    def findings(self) -> tuple[str, ...]:
        """What they show, from what they have reported so far.

        Raises:
            UserError: `run.damaged`.
        """
        whole, reduced = (
            Twin(run.state(), run.plan().data.validation_images)
            for run in (self.whole, self.reduced)
        )
        return findings(self.what, whole, reduced)


def twin_specs(spec: ProjectSpec, what: str) -> tuple[ProjectSpec, ProjectSpec]:
    """`spec` with its network and with that without `what`; both watch their blocks.

    Raises:
        UserError: `lab.…` if that cannot be taken out.
    """
    training = spec.training.model_copy(update={"watch_blocks": True})
    whole = spec.model_copy(update={"training": training})
    return whole, whole.model_copy(update={"network": without(spec.network, what)})


def train_twins(
    jobs: Jobs,
    project: Project,
    spec: ProjectSpec,
    what: str,
    *,
    name: str = "",
    device: DeviceSummary | None = None,
) -> Twins:
    """Train `spec` with and without `what`, with the same seed and data, one behind the other.

    `name` is the first one's; by default that of its network. Both are planned before either
    begins.

    Raises:
        UserError: `lab.…`, `plan.problem`, and those of `Jobs.train`.
    """
    specs = twin_specs(spec, what)
    plans = [sound_plan(project, each, device)[0] for each in specs]
    name = name.strip() or network_name(specs[0])
    names = (name, f"{name} without {ablation_title(what)}")
    key = uuid4().hex
    whole, reduced = (
        jobs.train(project, each, plan, called, twin=key, without=lacks)
        for each, plan, called, lacks in zip(specs, plans, names, ("", what), strict=True)
    )
    return Twins(whole, reduced)


def find_twins(project: Project) -> list[Twins]:
    """Every pair of the project, the oldest first; a run whose twin is gone makes none."""
    found: dict[str, dict[bool, RunFolder]] = {}
    for run in RunFolder.list(project):
        if run.info.twin and run.error is None:
            found.setdefault(run.info.twin, {}).setdefault(bool(run.info.without), run)
    return [Twins(pair[False], pair[True]) for pair in found.values() if len(pair) == 2]
