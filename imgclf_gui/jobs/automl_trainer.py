"""Carries out the candidates of a search as runs of the project, one behind the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import median

from imgclf_gui import catalog
from imgclf_gui.core.cloud import Cancel
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.jobs.automl_search import TOO_LITTLE
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.jobs.transferability import chosen_backbones, kept_measurement, measure_transfer
from imgclf_gui.jobs.waiting import TICK_SECONDS, Heard
from imgclf_gui.plan import Plan, Problem, resolve
from imgclf_gui.plan.automl import (
    HEAD_EPOCHS,
    HEADS,
    MOST_BACKBONES,
    Candidate,
    Trial,
    Work,
    candidate_spec,
    depths,
    with_epochs,
    work_of,
)
from imgclf_gui.plan.backbones import backbones
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.events import DevicesListed, EpochEnded, Event, PreparingPixels
from imgclf_gui.protocol.run_state import RunState
from imgclf_gui.protocol.transfer_events import TransferProgressed
from imgclf_gui.protocol.transfer_state import TransferState, fold, rank_rows

SURE_AFTER = 3.0
"""Seconds after which the speed of features is believed,"""
FAR_TOO_LONG = 1.5
"""and a candidate ended whose features would take so many times what is left."""
NO_BACKBONE = ("There is no backbone to begin with.", "Add one: see 'imgclf backbones'.")
BEST_WEIGHTS = "checkpoints/best.safetensors"


class RunTrainer:
    """The `Trainer` of a search, with the workers of `jobs`."""

    def __init__(
        self, jobs: Jobs, project: Project, name: str, cancel: Cancel, ended: Callable[[], bool]
    ) -> None:
        """`name` is that of the custom model; `ended` says that the search ends in order.

        Raises:
            UserError: the dataset cannot be read.
        """
        self._jobs = jobs
        self._project = project
        self._name = name
        self._cancel = cancel
        self._ended = ended
        self._known = backbones()
        self._dataset = dataset_summary(project)
        self._device: DeviceSummary | None = None
        self._warm = False
        self._plans: dict[Candidate, tuple[ProjectSpec, Plan]] = {}

    def wait(self) -> None:
        """Until the training worker has TensorFlow, and no other training is in hand."""
        while self._jobs.training is not None:
            self._cancel.raise_if_cancelled()
            time.sleep(TICK_SECONDS)
        if not self._warm:
            heard, job = Heard(self._jobs, self._cancel), self._jobs.new_job("automl:warm-up")
            self._jobs.submit("train", commands.WarmUp(job=job), heard.take)
            self._device = self._device_among(heard.final(job))
            self._warm = True

    def rank(self, seconds: float, tick: Callable[[str], None]) -> tuple[str, ...]:
        """By a linear probe on features; what is not measured in time comes last.

        Raises:
            UserError: `transfer.…`, `backbone.…`, `cloud.cancelled`.
        """
        there = [it.id for it in chosen_backbones(self._project, self._project.spec, "rank")]
        if len(there) == 1:
            return tuple(there)
        state = kept_measurement(self._project, "rank")
        if state is None or not self._holds(state, there):
            state = self._measured(seconds, tick)
        ranked = [row.measured.backbone for row in rank_rows(state)]
        return (*(it for it in ranked if it in there), *(it for it in there if it not in ranked))

    def blocks(self, ranked: Sequence[str]) -> Mapping[str, int]:
        """How many blocks each backbone has."""
        return {name: len(self._known[name].blocks) for name in ranked if name in self._known}

    def work(self, ranked: Sequence[str]) -> Mapping[Candidate, Work]:
        """Of all candidates that can be planned here.

        Raises:
            UserError: `plan.problem` if there is none.
        """
        problems: list[Problem] = []
        there = [name for name in ranked if name in self._known]
        for name, blocks in self.blocks(there[:MOST_BACKBONES]).items():
            for depth in (0, *depths(blocks)):
                for head in HEADS:
                    candidate = Candidate(backbone=name, head=head, trained_blocks=depth)
                    problems += self._plan(candidate)
        if not self._plans:
            message, fix = (problems[0].message, problems[0].fix) if problems else NO_BACKBONE
            raise UserError("plan.problem", message, fix)
        return {candidate: work_of(plan) for candidate, (_, plan) in self._plans.items()}

    def train(
        self,
        trial: Trial,
        seconds: float,
        begun: Callable[[str], None],
        tick: Callable[[str], None],
    ) -> Trial:
        """See `automl_search.Trainer`.

        Raises:
            UserError: `cloud.cancelled`: the run stops in order, and can be gone on with.
        """
        began, heard = time.monotonic(), Heard(self._jobs, self._cancel)
        error = None
        if not trial.run or not (self._project.runs_folder / trial.run).is_dir():
            run = self._begun(trial, heard)
            begun(run.id)
            error = self._follow(trial, run, began + seconds, heard, tick)
        else:
            run = RunFolder.open(self._project.runs_folder / trial.run)
            if seconds > 0 and run.state().resumable:
                self._jobs.resume(self._project, run, hurried=True, on_event=heard.take)
                error = self._follow(trial, run, began + seconds, heard, tick)
        return _ended(trial, run, time.monotonic() - began, error)

    def _device_among(self, listed: Event) -> DeviceSummary | None:
        wanted = catalog.load(self._project.spec.training.device, catalog.device_entries()).label()
        devices = listed.devices if isinstance(listed, DevicesListed) else ()
        return next((device for device in devices if device.label == wanted), None)

    def _holds(self, state: TransferState, there: Sequence[str]) -> bool:
        """Whether that ranking is about these backbones and the dataset as it is."""
        started = state.started
        return (
            started is not None
            and started.fingerprint == self._dataset.fingerprint
            and started.split == "validation"
            and {it.backbone for it in state.backbones} >= set(there)
        )

    def _measured(self, seconds: float, tick: Callable[[str], None]) -> TransferState:
        heard, events = Heard(self._jobs, self._cancel), list[Event]()
        deadline, stopped = time.monotonic() + seconds, False
        job = measure_transfer(
            self._jobs,
            self._project,
            self._project.spec,
            "rank",
            role="train",
            on_event=heard.take,
        )
        words = "ranking of backbones"
        for event in heard.until_over(job):
            if isinstance(event, TransferProgressed):
                words = f"ranking of backbones: {event.what}"
            elif event is not None:
                events.append(event)
            if not stopped and (self._ended() or time.monotonic() > deadline):
                self._jobs.stop(job)
                stopped = True
            tick(words)
        return fold(events)

    def _plan(self, candidate: Candidate) -> tuple[Problem, ...]:
        """Plan it, or say what is wrong with it."""
        backbone = self._known[candidate.backbone]
        spec = candidate_spec(self._project.spec, self._dataset, backbone, candidate)
        resolution = resolve(spec, self._dataset, self._device, self._known)
        if resolution.plan is not None:
            self._plans[candidate] = spec, resolution.plan
        return resolution.problems

    def _begun(self, trial: Trial, heard: Heard) -> RunFolder:
        spec, plan = self._plans[trial.candidate]
        spec = with_epochs(spec, trial.epochs)
        plan = plan.model_copy(update={"transfer": spec.transfer})
        name = f"{self._name}: {trial.candidate.title(self._known)}"
        return self._jobs.train(self._project, spec, plan, name, hurried=True, on_event=heard.take)

    def _follow(
        self,
        trial: Trial,
        run: RunFolder,
        deadline: float,
        heard: Heard,
        tick: Callable[[str], None],
    ) -> ErrorReport | None:
        """Until the run is over, at the deadline in order; why it was not worth going on with."""
        title = trial.candidate.title(self._known)
        state, stopped, error = run.state(), False, None
        sure = time.monotonic() + SURE_AFTER
        for event in heard.until_over(run.id):
            if event is not None:
                state.apply(event)
            now = time.monotonic()
            if error is None and now > sure:
                error = hopeless(state, deadline - now)
            if not stopped and (error or now > deadline or self._ended()):
                self._jobs.stop(run.id)
                stopped = True
            tick(f"{title}: {_words(state)}")
        return error


def hopeless(state: RunState, left: float) -> ErrorReport | None:
    """What to say of features that would take far longer than the seconds that are left."""
    preparing = state.preparing
    if preparing is None or preparing.what != "features" or not preparing.seconds_left:
        return None
    if left <= 0 or preparing.seconds_left < FAR_TOO_LONG * left:
        return None
    return ErrorReport(
        code=TOO_LITTLE,
        message=f"The features of {preparing.total:,} images would take "
        f"{preparing.seconds_left / 60:.0f} min more, and {left / 60:.1f} min of the budget are "
        "left.",
        hint="Order the model with a larger budget.",
    )


def _words(state: RunState) -> str:
    """How far a run is."""
    preparing = state.preparing
    if state.status == "preparing" and preparing is not None:
        return f"{preparing.what}, {preparing.done:,} of {preparing.total:,} images"
    if not state.epochs_total:
        return "building the network"
    return f"epoch {min(len(state.epochs) + 1, state.epochs_total)} of {state.epochs_total}"


def _ended(trial: Trial, run: RunFolder, seconds: float, error: ErrorReport | None) -> Trial:
    """`trial` with what came of its run; what was interrupted before it had a best is nothing."""
    state = run.state()
    best = state.best if (run.folder / BEST_WEIGHTS).is_file() else None
    change = {
        "run": run.id,
        "over": True,
        "seconds": trial.seconds + seconds,
        "epochs": max(0, len(state.epochs) - HEAD_EPOCHS),
        "pace": _pace(trial, run),
        "epoch_seconds": _epoch_seconds(run),
        "error": None,
    }
    if best is None:
        change["error"] = error or state.error
    else:
        change["accuracy"], negative_loss = best.score
        change["loss"] = -negative_loss
    return trial.model_copy(update=change)


def _pace(trial: Trial, run: RunFolder) -> float | None:
    """Seconds a multiply-add of the features that were made last; None if none were."""
    speeds = [
        event.images_per_second
        for event in run.events()
        if isinstance(event, PreparingPixels) and event.what == "features"
    ]
    speed = speeds[-1] if speeds else None
    return 1 / (speed * trial.work.front) if speed and trial.work.front else None


def _epoch_seconds(run: RunFolder) -> float | None:
    """Of an epoch of fine-tuning with its validation; None if fewer than two are known."""
    ends = [
        event.at
        for event in run.events()
        if isinstance(event, EpochEnded) and event.summary.epoch > HEAD_EPOCHS
    ]
    apart = [later - sooner for sooner, later in pairwise(ends)]
    return median(apart) if apart else None
