"""Custom models, off the window's thread: what there is, what an order would be, and the work.

A model that is worked at has a thread of its own, since that may take hours.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from imgclf_gui.core.automl import AutoMLProvider, Order, Step
from imgclf_gui.core.cloud import Account, Cancel, Consent, Quote
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.files import write_error
from imgclf_gui.core.project import Project
from imgclf_gui.gui.services.service import Service
from imgclf_gui.protocol.automl_events import AutoMLEvent
from imgclf_gui.protocol.automl_state import AutoMLState

if TYPE_CHECKING:
    from imgclf_gui.core.automl_metrics import Metrics
    from imgclf_gui.jobs.automl import AutoMLFolder, Means, ModelWork, PlannedModel
    from imgclf_gui.jobs.supervisor import Jobs


@dataclass(frozen=True)
class OrderWish:
    """What stands in the order form."""

    number: int
    """The newest has the largest."""
    project: Project
    provider: AutoMLProvider
    account: Account
    model_kind: str
    budget: int | None = None
    """None: the usual."""
    name: str = ""
    bucket: str = ""


@dataclass(frozen=True)
class Offer:
    """What a wish would mean, or why it cannot be."""

    number: int
    planned: PlannedModel | None = None
    words: tuple[str, ...] = ()
    """The quote in sentences."""
    error: ErrorReport | None = None


@dataclass(frozen=True)
class KeptModel:
    """A custom model as its folder has it."""

    folder: AutoMLFolder
    order: Order
    state: AutoMLState
    correct: tuple[int, int] | None = None
    """Of how many measured images how many are taken for what they are; None: not known."""


@dataclass(frozen=True)
class KeptModels:
    """The custom models of a project, the newest first; and why some cannot be shown."""

    project: Project
    models: tuple[KeptModel, ...]
    damaged: tuple[ErrorReport, ...]


@dataclass(frozen=True)
class AskedConsent:
    """What deploying or asking a model would mean, in figures and in words."""

    model: str
    """The id."""
    quote: Quote
    words: tuple[str, ...]
    images: tuple[Path, ...] = ()
    """That it would be asked about."""


@dataclass(frozen=True)
class Tools:
    """With what a model is worked at."""

    project: Project
    provider: AutoMLProvider
    account: Account
    jobs: Callable[[], Jobs]
    """Blocks until there are workers; only asked where training happens on this machine."""
    cancel: Cancel = field(default_factory=Cancel)


class ModelReader(Service):
    """Reads what is kept, and plans; what it is asked takes a moment."""

    listed = Signal(object)
    """A KeptModels."""
    offered = Signal(object)
    """An Offer."""
    metrics_read = Signal(str, object)
    """The model's id, and its Metrics."""
    consent_asked = Signal(object)
    """An AskedConsent."""

    def __init__(self) -> None:
        super().__init__("custom models")
        self._newest = 0

    def list_models(self, project: Project) -> None:
        """Look up the custom models of `project` → listed."""
        self.ask("list", lambda: self.listed.emit(kept_models(project)))

    def plan(self, wish: OrderWish) -> None:
        """Check and price it → offered; only the newest wish is answered."""
        self._newest = wish.number

        def plan() -> None:
            if wish.number == self._newest:
                self.offered.emit(offer(wish))

        self.ask("plan", plan)

    def read_metrics(self, folder: AutoMLFolder) -> None:
        """Read what a model is worth → metrics_read."""

        def read() -> None:
            metrics = folder.metrics()
            if metrics is not None:
                import_module("pyqtgraph")  # the curves need it; the window need not wait for it
                self.metrics_read.emit(folder.id, metrics)

        self.ask("metrics", read)

    def quote_deployment(
        self, folder: AutoMLFolder, provider: AutoMLProvider, account: Account
    ) -> None:
        """What deploying it costs → consent_asked."""

        def read() -> None:
            from imgclf_gui.jobs import automl

            order = folder.order()
            quote = automl.deployment_quote(provider, account, order)
            words = automl.automl_quote_words(provider, order, quote)
            self.consent_asked.emit(AskedConsent(folder.id, quote, words))

        self.ask("quote", read)

    def quote_prediction(
        self,
        folder: AutoMLFolder,
        provider: AutoMLProvider,
        account: Account,
        images: Sequence[Path],
    ) -> None:
        """What asking it about `images` sends → consent_asked."""

        def read() -> None:
            from imgclf_gui.jobs import automl

            order = folder.order()
            ready = automl.prepared(images, provider)
            contents = [one for one in ready if isinstance(one, bytes)]
            quote = automl.prediction_quote(provider, account, order, contents)
            words = automl.automl_quote_words(provider, order, quote)
            self.consent_asked.emit(AskedConsent(folder.id, quote, words, tuple(images)))

        self.ask("quote", read)

    def delete(self, folder: AutoMLFolder, project: Project) -> None:
        """Forget a model here → listed."""

        def delete() -> None:
            from imgclf_gui.jobs.automl import delete_model

            delete_model(folder)
            self.listed.emit(kept_models(project))

        self.ask("delete", delete)


class ModelWorker(Service):
    """Works at one custom model, once."""

    created = Signal(object)
    """The KeptModel that was ordered."""
    happened = Signal(str, object)
    """The model's id, and an AutoMLEvent."""
    ended = Signal(str, object)
    """The model's id, and what came of it: a Path that was exported to, answers, or None."""

    def __init__(self, tools: Tools) -> None:
        super().__init__("custom model")
        self.tools = tools

    def order(self, planned: PlannedModel, consent: Consent | None) -> None:
        """Order it and make it → created, happened…, ended."""

        def work() -> None:
            from imgclf_gui.jobs.automl import order_model

            folder = order_model(self.tools.project, planned, consent)
            self.created.emit(KeptModel(folder, folder.order(), folder.state()))
            self._work(folder, lambda hand: hand.make())

        self.ask("make", work)

    def work(self, what: str, folder: AutoMLFolder, do: Callable[[ModelWork], object]) -> None:
        """Let `do` work at it → happened…, ended; or refused with `what`."""
        self.ask(what, lambda: self._work(folder, do))

    def ask_to_stop(self, folder: AutoMLFolder, step: Step) -> None:
        """Let the provider end a step that another worker follows → ended."""

        def stop() -> None:
            from imgclf_gui.jobs.automl import ask_to_stop

            ask_to_stop(folder, self._means(folder), step)
            self.ended.emit(folder.id, None)

        self.ask("stop", stop)

    def _work(self, folder: AutoMLFolder, do: Callable[[ModelWork], object]) -> None:
        from imgclf_gui.jobs.automl import ModelWork

        with ModelWork(self.tools.project, folder, self._means(folder)) as hand:
            found = do(hand)
        self.ended.emit(folder.id, found)

    def _means(self, folder: AutoMLFolder) -> Means:
        from imgclf_gui.jobs import accounts
        from imgclf_gui.jobs.automl import Means
        from imgclf_gui.jobs.local_automl import LocalHere

        tools, ident = self.tools, folder.id

        def tell(event: AutoMLEvent) -> None:
            self.happened.emit(ident, event)

        return Means(
            tools.provider,
            tools.account,
            accounts.secret(tools.account),
            LocalHere(tools.project, tools.jobs),
            tell,
            tools.cancel,
        )


def kept_models(project: Project) -> KeptModels:
    """All of a project's custom models."""
    from imgclf_gui.jobs.automl import AutoMLFolder

    models, damaged = [], []
    for folder in reversed(AutoMLFolder.list(project)):
        try:
            if folder.error is not None:
                raise UserError.from_report(folder.error)
            models.append(kept_model(folder))
        except UserError as error:
            damaged.append(error.report)
    return KeptModels(project, tuple(models), tuple(damaged))


def kept_model(folder: AutoMLFolder) -> KeptModel:
    """One of them.

    Raises:
        UserError: `model.damaged`.
    """
    metrics = folder.metrics()
    right = correct(metrics) if metrics is not None else None
    return KeptModel(folder, folder.order(), folder.state(), right)


def correct(metrics: Metrics) -> tuple[int, int] | None:
    """How many measured images are taken for what they are, and of how many; None: not known."""
    right, images = metrics.correct, metrics.overall.images
    return None if right is None or images is None else (right, images)


def offer(wish: OrderWish) -> Offer:
    """What `wish` would mean, or why it cannot be."""
    from imgclf_gui.jobs import automl

    try:
        planned = automl.plan_model(
            wish.project,
            wish.provider,
            wish.account,
            kind=wish.model_kind,
            budget=wish.budget,
            name=wish.name,
            bucket=wish.bucket,
        )
    except UserError as error:
        return Offer(wish.number, error=error.report)
    words = automl.automl_quote_words(wish.provider, planned.order, planned.quote)
    return Offer(wish.number, planned, words)


def copied(folder: Path, target: Path) -> Path:
    """`folder` with all it holds as the new folder `target`; where that is taken, beside it.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    number, free = 1, target
    while free.exists():
        number += 1
        free = target.with_name(f"{target.name} {number}")
    try:
        shutil.copytree(folder, free)
    except OSError as error:
        raise write_error(free, error) from error
    return free
