"""One custom model as the window shows it. No widgets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from imgclf_gui.core.automl import STEP_TITLES, AutoMLProvider, ModelKind, Order, Step
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.cloud.automl_hand import ModelInHand
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.services.automl import AskedConsent
from imgclf_gui.protocol.automl_state import AutoMLState, StepState

if TYPE_CHECKING:
    from imgclf_gui.core.automl_metrics import Metrics
    from imgclf_gui.jobs.automl import AutoMLFolder, Predicted


@dataclass
class ShownModel:
    """One custom model as the window shows it. `state` grows as events arrive."""

    folder: AutoMLFolder
    order: Order
    provider: AutoMLProvider | None
    """None: this installation has no such provider."""
    state: AutoMLState
    correct: tuple[int, int] | None = None
    metrics: Metrics | None = None
    """None also until they are read."""
    hand: ModelInHand | None = None
    """Who works at it in this window."""
    stopping: bool = False
    """Whether its provider is being asked to end what it does."""
    error: ErrorReport | None = None
    """Why what was wished last did not happen."""
    asked: AskedConsent | None = None
    """What the person is being asked to agree to."""
    answers: tuple[Predicted, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        """The name of its folder."""
        return self.folder.id

    @property
    def kind(self) -> ModelKind | None:
        """What was ordered; None if the provider does not know it any more."""
        kinds = self.provider.model_kinds() if self.provider is not None else ()
        return next((kind for kind in kinds if kind.kind == self.order.model_kind), None)

    @property
    def online(self) -> bool:
        """Whether it is elsewhere."""
        return self.provider is not None and self.provider.online

    @property
    def running(self) -> tuple[Step, StepState] | None:
        """The step that goes on, as far as is known."""
        going = [(step, one) for step, one in self.state.steps.items() if one.open]
        return max(going, key=lambda pair: pair[1].began_at or 0.0, default=None)


def model_view(model: ShownModel) -> JobView:
    """For the status line."""
    hand, running = model.hand, model.running
    name = f"'{model.order.name:.60}'"
    view = JobView("automl-online" if model.online else "automl", name)
    if running is None or hand is None or hand.doing == "predict":
        return view if hand is None else replace(view, title=f"{hand.title} {name}")
    step, state = running
    view = replace(view, title=f"{name}: {STEP_TITLES[step].lower()}")
    if state.progress is None:
        return view
    done, total = round(state.progress.done), round(state.progress.total)
    return replace(view, done=done, total=total, seconds_left=state.progress.seconds_left)
