"""How many changed views of an image a model's answer is averaged with."""

from __future__ import annotations

from PySide6.QtWidgets import QSpinBox

from imgclf_gui.core.errors import UserError
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.plan.augmentation import usable_at_test_time

MOST_VIEWS = 64
_WHAT = (
    "Ask the model about the image and so many changed views of it, and average its answers. "
    "The views are drawn as in its training; often that is a little more accurate, and it takes "
    "as many times as long."
)


class ViewsBox(QSpinBox):
    """0 … 64; cannot be used where the run was trained without what views are drawn by."""

    def __init__(self, name: str, least: int = 0) -> None:
        super().__init__()
        named(self, name, "Changed views of each image to average with")
        self.setRange(least, MOST_VIEWS)
        self.setSuffix(" changed views")
        if not least:
            self.setSpecialValueText("No changed views")
        self.setToolTip(_WHAT)

    @property
    def views(self) -> int:
        """What is asked for; 0 if it cannot be."""
        return self.value() if self.isEnabled() else 0

    def show_run(self, run: RunView | None) -> None:
        """Follow the run that is asked."""
        problem = views_problem(run) if run is not None else "There is no model yet."
        self.setEnabled(not problem)
        self.setToolTip(problem or _WHAT)


def views_problem(run: RunView) -> str:
    """Why `run` cannot be asked about changed views; empty if it can."""
    try:
        usable = usable_at_test_time(run.plan.augmentation, run.plan.data.channels)
    except UserError as error:
        return error.report.sentence()
    if usable:
        return ""
    return (
        f"Run {run.id} was trained without an augmentation that changed views could be drawn by. "
        "Train one with flips, small moves or changes of colour."
    )
