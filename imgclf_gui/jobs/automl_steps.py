"""The steps of a custom model, carried out: each is in the journal before anything waits for it.

Everything here blocks; the window calls it from a service's thread. Ending the process at any
moment loses nothing: what was begun is found by its name, or by its key, and gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from imgclf_gui.core.automl import (
    STEP_TITLES,
    AutoMLSession,
    Doing,
    Guess,
    ModelKind,
    Operation,
    Outcome,
    Step,
)
from imgclf_gui.core.cloud import Cancel, Consent, Progress, Quote
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.automl_folder import AutoMLFolder
from imgclf_gui.jobs.automl_means import Means, going_on, note_hosts, open_session, prepared
from imgclf_gui.jobs.automl_order import (
    agreed,
    deployment_quote,
    labelled_images,
    model_kind,
    prediction_quote,
    require,
)
from imgclf_gui.protocol import automl_events as e
from imgclf_gui.protocol.automl_state import AutoMLState

NAMED_ROWS = 100
"""Refused rows in one event; all of them are counted."""
UNSURE = ("cloud.offline", "cloud.deadline", "cloud.unavailable", "cloud.garbage", "cloud.proxy")
"""Errors after which nobody knows whether what was asked for is done."""

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Predicted:
    """What a model took an image for: labels, the best first; or why it could not be asked."""

    path: Path
    guesses: tuple[Guess, ...] = ()
    error: ErrorReport | None = None


class ModelWork:
    """A custom model in hand, for one thread: a context that holds it and a session."""

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

    def make(self) -> AutoMLState:
        """Every step that is missing up to the measured model, from wherever the journal stands.

        Raises:
            UserError: `cloud.consent` if nobody agreed, `cloud.cancelled`, or why a step failed.
        """
        if self._means.provider.online and not any(
            one.what == "train" for one in self.state.agreed
        ):
            raise UserError(
                "cloud.consent",
                f"Nobody agreed to what training {self.order.name} sends and costs.",
                "Order it again.",
            )
        while (step := self.state.next_step(self._means.provider.steps)) is not None:
            self._do(step)
        return self.state

    def measure(self) -> AutoMLState:
        """Ask anew what the model is worth; `AutoMLFolder.metrics` has it then.

        Raises:
            UserError: it is not trained, or why it could not be asked for.
        """
        self._must_be_trained()
        self._do("measure")
        return self.state

    def deploy(self, consent: Consent | None) -> AutoMLState:
        """Deploy it; when that fails half-way, what is deployed is taken back.

        Raises:
            UserError: `cloud.consent`, `cloud.cancelled` (then it may be deployed), or why not.
        """
        self._must_be_trained()
        self._must_have("deploy")
        self._must_answer_there()
        if self.state.step("deploy").status == "done":
            return self.state
        quote = deployment_quote(self._means.provider, self._means.account, self.order)
        require(quote, consent)
        if quote.host and self.state.operation("deploy") is None:
            self._happened(agreed("deploy", quote))
        try:
            self._do("deploy")
        except UserError as error:
            raise self._taken_back(error) from error
        return self.state

    def undeploy(self) -> AutoMLState:
        """Take back all that is deployed of it, also what is only being deployed.

        Raises:
            UserError: why it could not; it may then go on costing.
        """
        self._must_have("undeploy")
        self._do("undeploy")
        return self.state

    def export(self, form: str = "") -> Path:
        """Bring the model here as a file of `form`, by default the usual one; the folder with it.

        Raises:
            UserError: it cannot be exported, or not in this form.
        """
        self._must_be_trained()
        forms = self._kind.exports
        if "export" not in self._means.provider.steps or not forms:
            raise UserError(
                "automl.export",
                f"{self.order.name} cannot be exported.",
                "Train an edge model: those can be.",
            )
        if form and form not in forms:
            raise UserError(
                "automl.export",
                f"{self.order.name} cannot be exported as '{form:.40}'.",
                f"Choose one of: {', '.join(forms)}.",
            )
        going = self.state.operation("export")
        form = form or (going.detail if going is not None else forms[0])
        if going is not None and going.detail != form:
            self._happened(_failed("export", "automl.export", "Another format was asked for."))
        self._do("export", form)
        return self.model.folder / "export" / form

    def predict(
        self,
        images: Sequence[Path],
        consent: Consent | None,
        deployment: Consent | None = None,
    ) -> tuple[Predicted, ...]:
        """What the model takes images for.

        `consent` is to a `prediction_quote` of what `prepared` gives. With a yes to the
        `deployment`, too, the model is deployed for this, unless it is already, and undeployed
        again whatever happens.

        Raises:
            UserError: `cloud.consent`, `automl.deploy`, `cloud.cancelled`, or why nothing could be
                asked at all.
        """
        self._must_be_trained()
        self._must_answer_there()
        provider, account = self._means.provider, self._means.account
        ready = prepared(images, provider)
        contents = [content for content in ready if isinstance(content, bytes)]
        quote = prediction_quote(provider, account, self.order, contents)
        require(quote, consent)
        mine = deployment is not None and self.state.deployment is None
        try:
            if mine:
                self.deploy(deployment)
            guesses = iter(self._guessed(contents, quote) if contents else ())
        finally:
            if mine and self.state.deployment is not None:
                self._fresh()
                self.undeploy()
        return tuple(
            Predicted(path, next(guesses))
            if isinstance(content, bytes)
            else Predicted(path, error=content)
            for path, content in zip(images, ready, strict=True)
        )

    def _guessed(self, contents: Sequence[bytes], quote: Quote) -> Sequence[tuple[Guess, ...]]:
        if quote.host:
            self._happened(agreed("predict", quote))
        names = self.state.names
        return self._asked(
            "predict",
            lambda session: session.predict(self.order, names, contents, self._cancel),
        )

    def stop(self, step: Step) -> AutoMLState:
        """End what goes on of `step` at the provider, and wait until it has ended.

        Raises:
            UserError: `automl.nothing` if nothing goes on, or why it could not be stopped.
        """
        operation = going_on(self.state, step)
        self._asked(step, lambda session: session.stop(operation))
        self._happened(e.StopAsked(step=step))
        try:
            self._do(step)
        except UserError as error:
            if error.code != "automl.stopped":
                raise
        return self.state

    def look(self) -> AutoMLState:
        """See where everything is that goes on, without waiting for it.

        Raises:
            UserError: nobody could be reached.
        """
        for step in tuple(self.state.steps):
            operation = self.state.operation(step)
            if operation is None or not operation.name:
                continue
            try:
                found = self._asked(step, partial(self._looked_at, operation))
            except UserError as error:
                self._went_wrong(operation, error)
                if not error.code.startswith("automl."):
                    raise
                continue
            if isinstance(found, Outcome):
                self._is_done(operation, found)
            else:
                self._tell(step, found)
        return self.state

    # One step

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

    def _taken_back(self, error: UserError) -> UserError:
        """After a deployment failed: undeploy, and say in the error how that went."""
        report = error.report
        if error.code == "cloud.cancelled":
            hint = "It may be deployed, and cost, all the same: look at its state, or undeploy it."
            return UserError(report.code, report.message, hint, report.details)
        try:
            self._fresh()
            self.undeploy()
            hint = "What was deployed is undeployed again."
        except UserError as second:
            hint = f"It may still be deployed, and cost: undeploy it. ({second.report.message})"
        hint = f"{report.hint} {hint}".strip()
        return UserError(report.code, report.message, hint, report.details)

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

    def _must_be_trained(self) -> None:
        if not self.state.trained:
            raise UserError(
                "automl.untrained",
                f"{self.order.name} is not trained.",
                "Go on with its training first.",
            )

    @property
    def _kind(self) -> ModelKind:
        return model_kind(self._means.provider, self.order.model_kind)

    def _must_answer_there(self) -> None:
        """An edge model is made to be exported, and answers nobody at its provider."""
        if "deploy" in self._means.provider.steps and not self._kind.deploys:
            raise UserError(
                "automl.edge",
                f"{self.order.name} is an edge model: {self._means.provider.title} does not let "
                "it answer.",
                "Export it, and use the file.",
            )

    def _must_have(self, step: Step) -> None:
        if step not in self._means.provider.steps:
            raise UserError(
                "automl.step",
                f"{self._means.provider.title} has no step '{STEP_TITLES[step]}'.",
                "Ask the model directly: it needs none.",
            )

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


def _failed(step: Step, code: str, message: str) -> e.StepFailed:
    return e.StepFailed(step=step, error=ErrorReport(code=code, message=message))
