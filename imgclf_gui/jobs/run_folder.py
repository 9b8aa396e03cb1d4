"""A run's folder: what was planned, what happened, and what came of it.

run.json       who it is: `RunInfo`
spec.json      the project's spec it was started with
plan.json      what the worker carries out
events.jsonl   everything it reported, appended; the run's state is the fold of it
report.json    the outcome in one file, once it is over
checkpoints/, model.keras, predictions-*   written by the worker
"""

from __future__ import annotations

import time
from typing import Any, ClassVar, Self

from pydantic import TypeAdapter

from imgclf_gui import catalog
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.jobs.job_folder import WORKER_EVENT, JobFolder, JobInfo, Words
from imgclf_gui.plan import Plan
from imgclf_gui.plan.backbones import backbones, first_backbone
from imgclf_gui.protocol.events import Event
from imgclf_gui.protocol.run_state import RunState, fold


class RunInfo(JobInfo):
    """Who a run is."""

    preset: str | None = None
    device: str = ""
    """As it was asked for: 'cpu', 'gpu:0'."""
    twin: str = ""
    """The same text in both runs of a pair for the lab; empty in a run of its own."""
    without: str = ""
    """What was taken out of this twin's network; empty in the one that has it."""


class RunFolder(JobFolder[RunInfo, Event]):
    """One run of a project; its id is the job's, too."""

    words: ClassVar[Words] = Words(
        one="run", many="runs", busy="being trained", first="train one first", again="Train again"
    )
    info_type: ClassVar[type[JobInfo]] = RunInfo
    event_type: ClassVar[TypeAdapter[Any]] = WORKER_EVENT

    @classmethod
    def create(
        cls,
        project: Project,
        spec: ProjectSpec,
        plan: Plan,
        name: str = "",
        *,
        twin: str = "",
        without: str = "",
    ) -> Self:
        """A new run of `project`; without a `name` it is called like its network.

        `twin` and `without` are kept in its `RunInfo`.

        Raises:
            UserError: the folder cannot be written.
        """
        folder = cls._new_folder(project)
        info = RunInfo(
            id=folder.name,
            name=name.strip() or network_name(spec),
            created_at=time.time(),
            preset=spec.network.preset,
            device=catalog.load(spec.training.device, catalog.device_entries()).label(),
            twin=twin,
            without=without,
        )
        return cls._made(folder, info, {"spec": spec, "plan": plan})

    def spec(self) -> ProjectSpec:
        """What the person intended.

        Raises:
            UserError: `run.damaged`.
        """
        return self._read(self.folder / "spec.json", ProjectSpec)

    def plan(self) -> Plan:
        """What is carried out.

        Raises:
            UserError: `run.damaged`.
        """
        return self._read(self.folder / "plan.json", Plan)

    def state(self) -> RunState:
        """Where the run stands; 'interrupted' where nobody has it in hand any more."""
        state = fold(self.events())
        if state.active and not self.held:
            state.interrupt()
        return state


def network_name(spec: ProjectSpec) -> str:
    """What a run is called unless the person says otherwise: as its preset or backbone."""
    preset = catalog.preset_entries().get(spec.network.preset or "")
    if preset is not None:
        return preset.title
    backbone = first_backbone(spec.network, backbones())
    return f"Transfer from {backbone.title}" if backbone else "Own network"
