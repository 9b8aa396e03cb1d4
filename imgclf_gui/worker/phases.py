"""The phases of a run: one, or the head of a network first and then more of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.plan import Plan
from imgclf_gui.plan.transfer import Phase, phases, rate_factors, total_epochs
from imgclf_gui.protocol import events as e
from imgclf_gui.worker import checkpoint, devices
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.network import BlockEnds
from imgclf_gui.worker.progress import Progress
from imgclf_gui.worker.recipes import drawn_network, examples, make_recipe
from imgclf_gui.worker.still import feature_examples, usable_cut
from imgclf_gui.worker.train import Outcome, Recipe, Trainer, saved_progress

REPEATED_EPOCHS = 1_000
"""Of a run that goes on; a line of the protocol has no room for many more."""


class Phases:
    """The phases of a run, one behind the other: a trainer for each."""

    def __init__(
        self,
        plan: Plan,
        cache: PixelCache,
        folder: Path,
        emit: Emit,
        control: Control,
        *,
        hurried: bool = False,
    ) -> None:
        self.progress = Progress()
        self._plan = plan
        self._cache = cache
        self._folder = folder
        self._emit = emit
        self._control = control
        self._hurried = hurried

    def train(self, device: DeviceSummary, *, resume: bool) -> Outcome:
        """All that are left; with `resume` from the last checkpoint on.

        Raises:
            UserError: what `Trainer.run` raises; `backbone.…`; `checkpoint.…`.
        """
        self.progress = (resume and saved_progress(self._folder)) or self.progress
        first, planned = self.progress.phase, phases(self._plan)
        outcome: Outcome = "stopped"
        for number in range(first, len(planned)):
            recipe = self._recipe(planned[number])
            if recipe is None:
                return "stopped"
            trainer = Trainer(
                recipe, self._folder, self._emit, self._control, progress=self.progress
            )
            if number == first:
                if resume:
                    _resume(trainer, self._emit)
                trainer.progress.threads = devices.threads()
                self._emit(_started(trainer, total_epochs(self._plan), device))
            self.progress = trainer.progress
            outcome = trainer.run()
            if outcome == "stopped" or number == len(planned) - 1:
                break
            self.progress.begin_phase()
            self._emit(e.Logged(text=_fine_tuning(planned[number + 1])))
        return outcome

    def _recipe(self, phase: Phase) -> Recipe | None:
        """What `phase` trains; None if the control said stop before features were ready."""
        began = self.progress.phase_began
        ends: BlockEnds = {}
        network = drawn_network(self._plan, phase.network, ends)
        if self.progress.phase:
            best = self._folder / checkpoint.BEST
            checkpoint.restore(network.weights, checkpoint.read(best)[0], best)
        training = self._plan.training.model_copy(
            update={
                "epochs": phase.epochs,
                "learning_rate": phase.learning_rate,
                **({"warmup_epochs": 0} if self.progress.phase else {}),
            }
        )
        plan = self._plan.model_copy(update={"network": phase.network, "training": training})
        cut = usable_cut(plan, network, ends, self._cache, self._emit)
        if cut:
            found = feature_examples(plan, cut, self._cache, self._emit, self._control)
        else:
            found = examples(self._cache, "train"), examples(self._cache, "validation")
        if found is None:
            return None
        learning, key = (cut.head, "features") if cut else (network, None)
        recipe = make_recipe(plan, learning, found[0], found[1], key)
        offset, rate = began * plan.steps_per_epoch, recipe.rate
        return replace(
            recipe,
            epochs=began + phase.epochs,
            rate=lambda step: rate(step - offset),
            whole=network if cut else None,
            rates=rate_factors(phase.network, phase.depth_decay),
            hurried=self._hurried,
        )


def _fine_tuning(phase: Phase) -> str:
    return (
        f"Fine-tuning begins, from the best weights so far: "
        f"{phase.network.trainable_parameters:,} parameters learn now."
    )


def _resume(trainer: Trainer, emit: Emit) -> None:
    if not trainer.resume():
        emit(e.Logged(text="There is no checkpoint yet; the run begins anew."))
        return
    threads = trainer.progress.threads
    if threads not in (0, devices.threads()):
        emit(
            e.Logged(
                level="warning",
                text=f"This run began with {threads} CPU threads and goes on with "
                f"{devices.threads()}: its figures may differ in the last digits.",
            )
        )


def _started(trainer: Trainer, epochs: int, device: DeviceSummary) -> e.RunStarted:
    return e.RunStarted(
        device=device,
        epochs_total=epochs,
        steps_per_epoch=trainer.steps_per_epoch,
        step=trainer.step,
        epochs=tuple(trainer.progress.epochs[-REPEATED_EPOCHS:]),
        threads=trainer.progress.threads,
    )
