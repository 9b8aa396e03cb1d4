"""The custom models of the open project, as they grow, and what is worked at. No widgets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from imgclf_gui import catalog
from imgclf_gui.core.automl import AutoMLProvider, Step
from imgclf_gui.core.cloud import Consent
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.gui.cloud.automl_hand import ModelInHand
from imgclf_gui.gui.cloud.automl_shown import ShownModel, model_view
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.services.automl import (
    AskedConsent,
    KeptModel,
    KeptModels,
    ModelReader,
    OrderWish,
    Tools,
    copied,
    correct,
)
from imgclf_gui.protocol.automl_events import AutoMLEvent, ModelMeasured

if TYPE_CHECKING:
    from imgclf_gui.core.automl_metrics import Metrics
    from imgclf_gui.gui.cloud.accounts import CloudAccount
    from imgclf_gui.gui.studio import Studio
    from imgclf_gui.jobs.automl import ModelWork, PlannedModel, Predicted
    from imgclf_gui.jobs.supervisor import Jobs

WORKERS = "custom model workers"
"""What the studio calls getting the workers of this machine."""
FRAME_MS = 33


class CustomModels(QObject):
    """Lives in the window's thread; the studio shows what it does, and closes it."""

    listed = Signal()
    """There are others than before."""
    model_changed = Signal(str)
    """Something is new of the model of that id; at most 30 times a second."""
    offered = Signal(object)
    """An Offer: what was wished for in the order form."""
    order_ended = Signal(object)
    """The new ShownModel, or the ErrorReport why there is none."""

    def __init__(self, studio: Studio, account: CloudAccount) -> None:
        super().__init__()
        self._studio = studio
        self._reader = ModelReader()
        self.account = account
        self.providers = {kind: one() for kind, one in catalog.automl_providers().items()}
        self.models: list[ShownModel] = []
        """Newest first."""
        self.ordering: ModelInHand | None = None
        """The order that is not in the list yet."""
        self._hands: list[ModelInHand] = []
        self._fresh: set[str] = set()
        self._wishes = 0
        self._timer = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._timer.timeout.connect(self._tell)
        self._reader.listed.connect(self._on_listed)
        self._reader.offered.connect(self.offered)
        self._reader.metrics_read.connect(self._on_metrics_read)
        self._reader.consent_asked.connect(self._on_consent_asked)
        self._reader.refused.connect(self._on_refused)
        self.model_changed.connect(studio.job_changed)
        studio.project_changed.connect(self._on_project_changed)
        studio.attach(self)
        self._on_project_changed()

    def model(self, ident: str) -> ShownModel | None:
        """The model of that id; None if there is none any more."""
        return next((one for one in self.models if one.id == ident), None)

    @property
    def deployed(self) -> list[ShownModel]:
        """Those that are, or may be, deployed, and cost."""
        return [one for one in self.models if one.state.deployment is not None]

    @property
    def lingering(self) -> str:
        """What goes on costing when the window closes, in a sentence; '' if nothing does."""
        costs = self.deployed
        if not costs:
            return ""
        names = ", ".join(f"'{one.order.name:.60}'" for one in costs[:3])
        more = f" and {len(costs) - 3} more" if len(costs) > 3 else ""
        verbs = "is deployed and costs" if len(costs) == 1 else "are deployed and cost"
        return (
            f"{names}{more} {verbs} ${self.an_hour:,.2f} an hour, also when this window is closed."
        )

    @property
    def an_hour(self) -> float:
        """What all that is, or may be, deployed costs an hour, in USD."""
        return sum(one.state.deployment.an_hour for one in self.models if one.state.deployment)

    @property
    def trains_here(self) -> bool:
        """Whether one is made on this machine."""
        return any(
            one.hand is not None and one.hand.doing == "make" and not one.online
            for one in self.models
        )

    # As a part of the studio

    @property
    def job(self) -> JobView | None:
        """What is worked at first."""
        if self.ordering is not None:
            return JobView("automl", "Ordering a custom model")
        model = next((one for one in self.models if one.hand is not None), None)
        return model_view(model) if model is not None else None

    def stop(self) -> None:
        """End that."""
        if self.ordering is not None:
            self.ordering.cancel()
        for model in self.models:
            if model.hand is not None:
                self.cancel(model)
                return

    def close(self) -> None:
        """Follow nothing any more; what providers elsewhere do goes on."""
        self._timer.stop()
        for hand in self._hands:
            hand.cancel()
        for hand in self._hands:
            hand.close()
        self._reader.close()

    # What a person wants

    def plan(
        self, provider: AutoMLProvider, kind: str, budget: int | None, name: str, bucket: str
    ) -> int:
        """Check and price an order → offered with the number that is returned; 0: no project."""
        project = self._studio.project
        if project is None:
            return 0
        self._wishes += 1
        account = self.account.account
        self._reader.plan(
            OrderWish(self._wishes, project, provider, account, kind, budget, name, bucket)
        )
        return self._wishes

    def order(self, provider: AutoMLProvider, planned: PlannedModel, agreed: bool) -> None:
        """Order and make it → order_ended, model_changed…"""
        project = self._studio.project
        if project is None or self.ordering is not None:
            return
        consent = Consent(planned.quote) if agreed and provider.online else None
        self.ordering = hand = self._hand(project, provider, "make", None)
        hand.worker.order(planned, consent)
        self._studio.job_changed.emit()

    def go_on(self, model: ShownModel) -> None:
        """Make what is missing, from wherever it stands."""
        self._begin(model, "make", lambda hand: hand.make())

    def cancel(self, model: ShownModel) -> None:
        """End what goes on, also at the provider where it is elsewhere; asked again: leave it."""
        hand, running = model.hand, model.running
        if hand is None:
            return
        named = running is not None and running[1].operation
        if model.online and named and running is not None and not model.stopping:
            self._ask_to_stop(model, running[0])
        else:
            hand.cancel()
        self._touch(model.id)

    def end_now(self, model: ShownModel) -> None:
        """Take the best model so far; the provider is on this machine."""
        running = model.running
        if running is not None and model.provider is not None and not model.stopping:
            self._ask_to_stop(model, running[0])
            self._touch(model.id)

    def ask_for_deployment(self, model: ShownModel) -> None:
        """What would it cost? → model_changed, with `asked`."""
        if model.provider is not None and self._studio.project is not None:
            account = self.account.account
            self._reader.quote_deployment(model.folder, model.provider, account)

    def ask_for_prediction(self, model: ShownModel, paths: Sequence[Path]) -> None:
        """What would asking about `paths` send? On this machine nothing: they are asked at once."""
        if model.provider is None or model.hand is not None or not paths:
            return
        if model.online:
            account = self.account.account
            self._reader.quote_prediction(model.folder, model.provider, account, paths)
        else:
            self._predict(model, tuple(paths), None)

    def take_back(self, model: ShownModel) -> None:
        """The person does not agree."""
        model.asked = None
        self._touch(model.id)

    def agree(self, model: ShownModel) -> None:
        """The person said yes to what was `asked`."""
        asked = model.asked
        if asked is None or model.hand is not None:
            return
        model.asked, consent = None, Consent(asked.quote)
        if asked.images:
            self._predict(model, asked.images, consent)
        else:
            self._begin(model, "deploy", lambda hand: hand.deploy(consent))

    def undeploy(self, model: ShownModel) -> None:
        """Take back what is deployed."""
        self._begin(model, "undeploy", lambda hand: hand.undeploy())

    def export(self, model: ShownModel, form: str, target: Path) -> None:
        """Bring the model as files of `form` into `target`."""
        name = re.sub(r"[^\w .-]", "_", model.order.name).strip(" .")[:80] or model.id
        place = target / f"{name} ({form})"
        self._begin(model, "export", lambda hand: copied(hand.export(form), place))

    def delete(self, model: ShownModel) -> None:
        """Forget it here."""
        if self._studio.project is not None and model.hand is None:
            self._reader.delete(model.folder, self._studio.project)

    def read_metrics(self, model: ShownModel) -> None:
        """Have what it is worth → model_changed."""
        if model.metrics is None and model.state.measured is not None:
            self._reader.read_metrics(model.folder)

    def _predict(self, model: ShownModel, paths: tuple[Path, ...], yes: Consent | None) -> None:
        self._begin(model, "predict", lambda hand: hand.predict(paths, yes))

    # Who works

    def _begin(self, model: ShownModel, what: str, do: Callable[[ModelWork], object]) -> None:
        project = self._studio.project
        if model.provider is None or model.hand is not None or project is None:
            return
        model.error, model.stopping, model.asked = None, False, None
        model.hand = hand = self._hand(project, model.provider, what, model.id)
        model.state.held = True
        hand.worker.work(what, model.folder, do)
        self._touch(model.id)

    def _ask_to_stop(self, model: ShownModel, step: Step) -> None:
        project = self._studio.project
        if model.provider is not None and project is not None:
            model.stopping = True
            hand = self._hand(project, model.provider, "stop", model.id)
            hand.worker.ask_to_stop(model.folder, step)

    def _hand(
        self, project: Project, provider: AutoMLProvider, doing: str, ident: str | None
    ) -> ModelInHand:
        tools = Tools(project, provider, self.account.account, self._workers)
        hand = ModelInHand(tools, doing, ident)
        hand.created.connect(self._on_created)
        hand.happened.connect(self._on_happened)
        hand.over.connect(self._on_over)
        self._hands.append(hand)
        return hand

    def _workers(self) -> Jobs:
        """This machine's workers; waits for them, so it is called on a model's own thread."""
        found: Future[Jobs] = Future()
        self._studio.begin(WORKERS, found.set_result)
        return found.result()

    @Slot(object)
    def _on_created(self, kept: KeptModel) -> None:
        hand, self.ordering = self.ordering, None
        model = self._shown(kept)
        model.hand = hand
        model.state.held = True
        if hand is not None:
            hand.model_id = model.id
        self.models.insert(0, model)
        self.listed.emit()
        self.order_ended.emit(model)
        self._touch(model.id)

    @Slot(str, object)
    def _on_happened(self, ident: str, event: AutoMLEvent) -> None:
        model = self.model(ident)
        if model is None:
            return
        model.state.apply(event)
        if isinstance(event, ModelMeasured):
            model.metrics = None
        self._touch(ident)

    @Slot(object)
    def _on_over(self, hand: ModelInHand) -> None:
        self._hands.remove(hand)
        hand.close()
        model = self.model(hand.model_id) if hand.model_id is not None else None
        if hand is self.ordering:
            self.ordering = None
            self.order_ended.emit(hand.error)
            self._studio.job_changed.emit()
        elif model is not None:
            self._after(model, hand)

    def _after(self, model: ShownModel, hand: ModelInHand) -> None:
        """What became of it."""
        if hand.doing == "stop":
            model.stopping = hand.error is None and model.hand is not None
            model.error = hand.error
        else:
            model.hand, model.stopping, model.state.held = None, False, False
            cancelled = hand.error is not None and hand.error.code == "cloud.cancelled"
            model.error = None if cancelled else hand.error
        if hand.error is None and hand.doing == "predict":
            model.answers = _answers(hand.result)
        if hand.error is None and isinstance(hand.result, Path):
            self._studio.said.emit(f"'{model.order.name:.60}' is in {hand.result}.")
        self.read_metrics(model)
        self._touch(model.id)

    # What is read

    @Slot(object)
    def _on_listed(self, found: KeptModels) -> None:
        if found.project is not self._studio.project:
            return
        known = {model.id: model for model in self.models if model.hand is not None}
        self.models = [known.get(one.folder.id) or self._shown(one) for one in found.models]
        for report in found.damaged:
            self._studio.failed.emit(report)
        self.listed.emit()
        self._studio.job_changed.emit()

    @Slot(str, object)
    def _on_metrics_read(self, ident: str, metrics: Metrics) -> None:
        model = self.model(ident)
        if model is not None:
            model.metrics, model.correct = metrics, correct(metrics)
            self._touch(ident)

    @Slot(object)
    def _on_consent_asked(self, asked: AskedConsent) -> None:
        model = self.model(asked.model)
        if model is not None:
            model.asked = asked
            self._touch(model.id)

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        del what
        self._studio.failed.emit(report)

    @Slot()
    def _on_project_changed(self) -> None:
        self.models = []
        self.read_again()
        self.listed.emit()

    def read_again(self) -> None:
        """Look what there is → listed; something else may have worked at them."""
        if self._studio.project is not None:
            self._reader.list_models(self._studio.project)

    def _shown(self, kept: KeptModel) -> ShownModel:
        provider = self.providers.get(kept.order.provider)
        return ShownModel(kept.folder, kept.order, provider, kept.state, kept.correct)

    def _touch(self, ident: str) -> None:
        self._fresh.add(ident)
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _tell(self) -> None:
        fresh, self._fresh = self._fresh, set()
        for ident in fresh:
            self.model_changed.emit(ident)


def _answers(result: Any) -> tuple[Predicted, ...]:
    return tuple(result)
