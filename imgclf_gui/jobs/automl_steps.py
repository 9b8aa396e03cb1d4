"""The steps of a custom model, carried out: each is in the journal before anything waits for it.

Everything here blocks; the window calls it from a service's thread. Ending the process at any
moment loses nothing: what was begun is found by its name, or by its key, and gone on with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imgclf_gui.core.automl import STEP_TITLES, Guess, Outcome, Step
from imgclf_gui.core.cloud import Consent, Quote
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.jobs.automl_means import going_on, prepared
from imgclf_gui.jobs.automl_order import agreed, deployment_quote, prediction_quote, require
from imgclf_gui.jobs.automl_step_work import StepWork
from imgclf_gui.protocol import automl_events as e
from imgclf_gui.protocol.automl_state import AutoMLState


@dataclass(frozen=True)
class Predicted:
    """What a model took an image for: labels, the best first; or why it could not be asked."""

    path: Path
    guesses: tuple[Guess, ...] = ()
    error: ErrorReport | None = None


class ModelWork(StepWork):
    """A custom model in hand, for one thread: a context that holds it and a session."""

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

    def _must_be_trained(self) -> None:
        if not self.state.trained:
            raise UserError(
                "automl.untrained",
                f"{self.order.name} is not trained.",
                "Go on with its training first.",
            )

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


def _failed(step: Step, code: str, message: str) -> e.StepFailed:
    return e.StepFailed(step=step, error=ErrorReport(code=code, message=message))
