"""AutoML without a cloud: the same steps on this machine, by transfer learning in a time budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from imgclf_gui.core.automl import (
    AutoMLAccess,
    AutoMLProvider,
    AutoMLSession,
    Budget,
    Doing,
    Guess,
    Here,
    LabelledImage,
    ModelKind,
    Names,
    Operation,
    Order,
    Outcome,
    Step,
)
from imgclf_gui.core.cloud import Account, Cancel, Progress
from imgclf_gui.core.errors import UserError

if TYPE_CHECKING:
    from imgclf_gui.core.automl_metrics import Metrics

STOP_FILE = "stop"
"""In the custom model's folder it ends the search in order: see `core.automl.Here.train`."""


class LocalAutoML(AutoMLProvider):
    """Tries pretrained backbones, heads and depths of fine-tuning; the best in validation stays.

    Each attempt is a run of the project. Nothing leaves the machine, nothing is paid, and the model
    answers without being deployed.
    """

    order: ClassVar[int] = 10
    title: ClassVar[str] = "This machine"
    summary: ClassVar[str] = (
        "Transfer learning within a time budget: free, and nothing leaves the machine."
    )
    online: ClassVar[bool] = False
    steps: ClassVar[tuple[Step, ...]] = ("dataset", "train", "measure", "export")
    least_images: ClassVar[int] = 3
    usual_images: ClassVar[int] = 50
    most_ratio: ClassVar[float] = 1_000
    most_image_bytes: ClassVar[int] = 1 << 40
    most_prediction_bytes: ClassVar[int] = 1 << 40

    def host_of(self, account: Account) -> str:
        """Nowhere."""
        del account
        return ""

    def model_kinds(self) -> tuple[ModelKind, ...]:
        """One: a run, which is asked here and exported."""
        return (
            ModelKind(
                kind="transfer",
                title="Transfer learning",
                summary="A pretrained backbone with a head of its own, fine-tuned as far as time "
                "allows.",
                budget=Budget(unit="minutes", least=1, most=1_440, usual=8, units_an_hour=60),
                deploys=False,
                exports=("keras",),
            ),
        )

    def hosts(self, order: Order, account: Account, doing: Doing) -> tuple[str, ...]:
        """Nobody."""
        del order, account, doing
        return ()

    def open(self, access: AutoMLAccess) -> AutoMLSession:
        """Uses the workers that are handed over.

        Raises:
            UserError: `automl.here` if there are none.
        """
        if access.here is None:
            raise UserError(
                "automl.here", "No training is possible here.", "Choose another provider."
            )
        return _Session(access.folder, access.here)


class _Session(AutoMLSession):
    def __init__(self, folder: Path, here: Here) -> None:
        self._folder = folder
        self._here = here
        self._over = Cancel()

    def upload(
        self,
        order: Order,
        images: Sequence[LabelledImage],
        tell: Callable[[Progress], None],
        cancel: Cancel,
    ) -> Outcome:
        """Not a step here: the project has the images."""
        del order, images, tell, cancel
        return Outcome({})

    def begin(self, operation: Operation, order: Order, names: Names) -> str:
        """The work is done while it is waited for."""
        del order, names
        if operation.step == "train":
            (self._folder / STOP_FILE).unlink(missing_ok=True)
        return operation.step + (f":{operation.detail}" if operation.detail else "")

    def wait(
        self,
        operation: Operation,
        order: Order,
        names: Names,
        tell: Callable[[Progress], None],
        cancel: Cancel,
    ) -> Outcome:
        """Do it, or go on with it."""
        del names
        match operation.step:
            case "dataset":
                self._here.dataset(self._folder, order)
            case "train":
                return Outcome(self._here.train(self._folder, order, tell, cancel))
            case "export":
                self._here.export(self._folder, operation.detail)
            case _:
                pass
        return Outcome({})

    def look(self, operation: Operation, order: Order, names: Names) -> Outcome | Progress:
        """What is kept says how far a training is; the other steps take a moment."""
        del names
        if operation.step != "train":
            return Outcome({})
        found = self._here.reached(self._folder, order)
        return found if isinstance(found, Progress) else Outcome(found)

    def stop(self, operation: Operation) -> None:
        """End the search in order, also one of another process: its best model so far stays."""
        if operation.step == "train":
            (self._folder / STOP_FILE).touch()

    def metrics(self, order: Order, names: Names) -> Metrics:
        """Measured now, if not before."""
        del names
        return self._here.measure(self._folder, order, self._over)

    def predict(
        self, order: Order, names: Names, images: Sequence[bytes], cancel: Cancel
    ) -> list[tuple[Guess, ...]]:
        """By the best run."""
        del order, names
        return self._here.predict(self._folder, images, cancel)

    def cancel(self) -> None:
        self._over.cancel()

    def close(self) -> None:
        """Nothing to let go of."""
