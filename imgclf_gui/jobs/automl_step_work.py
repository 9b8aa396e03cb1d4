"""One step of a custom model, carried out: in the journal before anything waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from imgclf_gui.core.automl import AutoMLSession, Doing, ModelKind, Operation, Outcome, Step
from imgclf_gui.core.cloud import Cancel, Progress
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.automl_folder import AutoMLFolder
from imgclf_gui.jobs.automl_means import Means, note_hosts, open_session
from imgclf_gui.jobs.automl_order import labelled_images, model_kind
from imgclf_gui.protocol import automl_events as e
from imgclf_gui.protocol.automl_state import AutoMLState

NAMED_ROWS = 100
"""Refused rows in one event; all of them are counted."""
UNSURE = ("cloud.offline", "cloud.deadline", "cloud.unavailable", "cloud.garbage", "cloud.proxy")
"""Errors after which nobody knows whether what was asked for is done."""

ResultT = TypeVar("ResultT")


class StepWork:
    """Holds a custom model and a session, as a context, and carries out single steps."""

    def __init__(self, project: Project, model: AutoMLFolder, means: Means) -> None:
        """Hold it; connects to nobody yet.

        Raises:
            UserError: `model.busy`, `model.damaged`.
        """
        self.model = model
        self.order = model.order()
        self._project = project
        self._means = means
        self._cancel = means.cancel
        self._session: AutoMLSession | None = None
        model.hold()
        self.state: AutoMLState = model.state()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; what goes on at the provider goes on."""
        self._close_session()
        self.model.let_go()

    def _do(self, step: Step, detail: str = "") -> None:
        """Carry out `step`, or go on with it."""
        self._cancel.raise_if_cancelled()
        operation = self.state.operation(step)
        if operation is None:
            operation = self._beginning(step, detail)
        try:
            if step in ("upload", "measure"):
                outcome = self._asked(step, self._uploaded if step == "upload" else self._measured)
            else:
                operation = self._begun(operation)
                outcome = self._asked(step, partial(self._waited, operation))
        except UserError as error:
            self._went_wrong(operation, error)
            raise
        self._is_done(operation, outcome)

    def _beginning(self, step: Step, detail: str) -> Operation:
        attempt = self.state.step(step).attempts + 1
        operation = Operation(step, f"{self.order.tag}-{step}-{attempt}", detail)
        an_hour = self._kind.deployed_an_hour if step == "deploy" else 0.0
        self._happened(
            e.StepBeginning(step=step, key=operation.key, detail=detail, an_hour=an_hour)
        )
        return operation

    def _begun(self, operation: Operation) -> Operation:
        """With its name; what was begun before a restart has one already."""
        if operation.name:
            return operation
        name = self._asked(
            operation.step,
            lambda session: session.begin(operation, self.order, self.state.names),
        )
        self._happened(e.StepBegun(step=operation.step, operation=name))
        return replace(operation, name=name)

    def _looked_at(self, operation: Operation, session: AutoMLSession) -> Outcome | Progress:
        return session.look(operation, self.order, self.state.names)

    def _waited(self, operation: Operation, session: AutoMLSession) -> Outcome:
        tell = partial(self._tell, operation.step)
        return session.wait(operation, self.order, self.state.names, tell, self._cancel)

    def _uploaded(self, session: AutoMLSession) -> Outcome:
        images, fingerprint = labelled_images(self._project)
        if self.order.fingerprint and fingerprint != self.order.fingerprint:
            raise UserError(
                "automl.dataset",
                "The dataset is not the one that the model was ordered for any more.",
                "Order a model anew; images that were uploaded already are not sent again.",
            )
        return session.upload(self.order, images, partial(self._tell, "upload"), self._cancel)

    def _measured(self, session: AutoMLSession) -> Outcome:
        metrics = session.metrics(self.order, self.state.names)
        self.model.keep_metrics(metrics)
        self._happened(
            e.ModelMeasured(
                split=metrics.split,
                images=metrics.overall.images,
                average_precision=metrics.overall.average_precision,
                log_loss=metrics.overall.log_loss,
            )
        )
        return Outcome({})

    def _is_done(self, operation: Operation, outcome: Outcome) -> None:
        refused = [e.RowRefused(line=row.line, reason=row.reason) for row in outcome.problems]
        self._happened(
            e.StepDone(
                step=operation.step,
                detail=operation.detail,
                names=dict(outcome.names),
                refused=tuple(refused[:NAMED_ROWS]),
                refused_rows=len(refused),
            )
        )

    def _went_wrong(self, operation: Operation, error: UserError) -> None:
        """Into the journal: it failed, or nobody knows; a wish to end says nothing of it."""
        step = operation.step
        if error.code in ("cloud.cancelled", "model.busy"):
            return
        here_only = step in ("upload", "measure")
        known = self.state.operation(step)
        begun = known is not None and bool(known.name)
        sure = error.code.startswith("automl.") or (not begun and error.code not in UNSURE)
        if sure or here_only:
            stopped = error.code == "automl.stopped"
            self._happened(e.StepFailed(step=step, error=error.report, stopped=stopped))
        else:
            self._happened(e.StepCutOff(step=step, error=error.report))

    # The session

    def _asked(self, doing: Doing, ask: Callable[[AutoMLSession], ResultT]) -> ResultT:
        """What `ask` gets from the session, which is opened when it is first needed."""
        if self._session is None:
            self._session = open_session(self._means, self.model, self._cancel)
        note_hosts(self._means, self.model, doing)
        session = self._session
        forget = self._cancel.on_cancel(session.cancel)
        try:
            return ask(session)
        finally:
            forget()

    def _fresh(self) -> None:
        """Go on in spite of a wish to end, or of a cut connection: what was begun is taken back."""
        self._close_session()
        self._cancel = Cancel()

    def _close_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    @property
    def _kind(self) -> ModelKind:
        return model_kind(self._means.provider, self.order.model_kind)

    def _happened(self, event: e.AutoMLEvent) -> None:
        """Into the journal first, so that nobody hears of what could be forgotten."""
        event = event.model_copy(update={"job": self.model.id})
        self.model.record(event)
        self.state.apply(event)
        self._means.on_event(event)

    def _tell(self, step: Step, progress: Progress) -> None:
        event = e.StepProgressed(
            job=self.model.id,
            step=step,
            done=progress.done,
            total=progress.total,
            bytes_done=progress.bytes_done,
            bytes_total=progress.bytes_total,
            seconds_left=progress.seconds_left,
            words=progress.words,
        )
        self.state.apply(event)
        self._means.on_event(event)
