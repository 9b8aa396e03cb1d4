"""A study's folder: what is tried, what happened, and what it shows.

study.json     who it is: `StudyInfo`
plan.json      what the worker carries out: `StudyPlan`
events.jsonl   everything it reported, appended; the study's state is the fold of it
report.json    the outcome in one file, once it is over
"""

from __future__ import annotations

import platform
import time
from dataclasses import asdict
from typing import Any, ClassVar, Self

from pydantic import TypeAdapter

import imgclf_gui
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.jobs.job_folder import WORKER_EVENT, JobFolder, JobInfo, Words
from imgclf_gui.jobs.run_folder import network_name
from imgclf_gui.plan.study import StudyPlan
from imgclf_gui.protocol.events import Event
from imgclf_gui.protocol.study_state import (
    StudyState,
    fold,
    study_headline,
    study_table,
)


class StudyInfo(JobInfo):
    """Who a study is."""

    preset: str | None = None
    """Of the augmentations: what their list began as."""


class StudyFolder(JobFolder[StudyInfo, Event]):
    """One study of a project."""

    words: ClassVar[Words] = Words(
        one="study",
        many="studies",
        busy="being carried out",
        first="start one first",
        again="Start a new study",
    )
    info_type: ClassVar[type[JobInfo]] = StudyInfo
    event_type: ClassVar[TypeAdapter[Any]] = WORKER_EVENT

    @classmethod
    def create(cls, project: Project, spec: ProjectSpec, plan: StudyPlan, name: str = "") -> Self:
        """A new study of `project`; without a `name` it is called like its network.

        Raises:
            UserError: the folder cannot be written.
        """
        folder = cls._new_folder(project)
        info = StudyInfo(
            id=folder.name,
            name=name.strip() or network_name(spec),
            created_at=time.time(),
            preset=spec.augmentation.preset,
        )
        return cls._made(folder, info, {"plan": plan})

    @property
    def job(self) -> str:
        """The name of the job that carries it out: runs are called by their bare numbers."""
        return f"study:{self.id}"

    def plan(self) -> StudyPlan:
        """What is carried out.

        Raises:
            UserError: `study.damaged`.
        """
        return self._read(self.folder / "plan.json", StudyPlan)

    def state(self) -> StudyState:
        """Where the study stands; 'interrupted' where nobody has it in hand any more."""
        state = fold(self.events())
        if state.active and not self.held:
            state.interrupt()
        return state


def study_report(study: StudyFolder, state: StudyState) -> dict[str, Any]:
    """`report.json` of `study`; accuracies are fractions, times are seconds.

    Raises:
        UserError: `study.damaged`.
    """
    plan = study.plan()
    return {
        "study": study.info.model_dump(mode="json"),
        "status": state.status,
        "error": state.error.model_dump(mode="json") if state.error else None,
        "headline": study_headline(plan, state),
        "variants": [asdict(row) for row in study_table(plan, state)],
        "steps": [
            [step.model_dump(mode="json") for step in variant.steps] for variant in plan.variants
        ],
        "trainings": [
            event.model_dump(mode="json", exclude={"job", "at", "type"})
            for event in (*state.trained.values(), *state.failed.values())
        ],
        "training": plan.plan.training.model_dump(mode="json"),
        "train_images": plan.train_images,
        "validation_images": plan.plan.data.validation_images,
        "seeds": list(plan.seeds),
        "seconds": state.seconds,
        "versions": {
            "imgclf-studio": imgclf_gui.__version__,
            "python": platform.python_version(),
        },
    }
