"""The network of a study: built and compiled once, and for each training as if it were new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from imgclf_gui.plan.augmentation import mixes_labels
from imgclf_gui.plan.study import StudyPlan
from imgclf_gui.worker import checkpoint
from imgclf_gui.worker.augment import Augmenter
from imgclf_gui.worker.augment_blocks import BlockAugmenter
from imgclf_gui.worker.data import Augment, BlockReader, Examples, Places, drawn_images
from imgclf_gui.worker.execution import Choice, ChoiceMemory, choose, memory_key
from imgclf_gui.worker.fused import training_twin
from imgclf_gui.worker.recipes import drawn_network, make_recipe
from imgclf_gui.worker.steps import Measure, TrainingSteps
from imgclf_gui.worker.train import Recipe


@dataclass(frozen=True)
class _Beginning:
    """What all trainings with one seed have in common."""

    seed: int
    images: Places
    weights: checkpoint.Arrays


class Bench:
    """The network on which all trainings of a study happen, and what they learn from."""

    def __init__(
        self, plan: StudyPlan, train: Examples, validation: Examples, warn: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._train = train
        self.validation = validation
        self._warn = warn
        self.recipe, self._network = self._drawn(plan.seeds[0])
        self._steps = {False: self._compiled(mixed=False)}
        self._augmenters: dict[int, BlockAugmenter] = {}
        self._optimizer_state = checkpoint.arrays_of(self.recipe.optimizer.variables)
        self._beginning = self._begun(self.recipe, self._network)
        self.measure = Measure(self._network)

    @property
    def steps_each(self) -> int:
        """Steps of each training."""
        return self._plan.epochs * self._plan.plan.steps_per_epoch

    def begin(self, seed: int) -> None:
        """Make everything as it is before the first step of a run with `seed`."""
        if self._beginning.seed != seed:
            self._beginning = self._begun(*self._drawn(seed))
        state = Path("first weights")
        checkpoint.restore(self._network.variables, self._beginning.weights, state)
        checkpoint.restore(self.recipe.optimizer.variables, self._optimizer_state, state)

    def steps(self, variant: int) -> TrainingSteps:
        """Training steps for what `variant` makes of labels."""
        mixed = mixes_labels(self._plan.variants[variant].steps)
        if mixed not in self._steps:
            self._steps[mixed] = self._compiled(mixed=mixed)
        return self._steps[mixed]

    def reader(self, variant: int) -> BlockReader:
        """The images of the seed that has begun, augmented as `variant` says."""
        beginning = self._beginning
        augment = self._augment(variant, self._plan.seeds.index(beginning.seed))
        return BlockReader(
            self._train, self.recipe.batch_size, beginning.seed, augment, beginning.images
        )

    def choose(self, stopped: Callable[[], bool]) -> Choice:
        """How steps are executed: the same for all trainings, and so for those after a stop."""
        steps = self._plan.trainings * self.steps_each
        key = memory_key(self.recipe.key, "study", steps.bit_length())
        chosen = choose(
            self.steps(0), self.reader(0), steps, memory=ChoiceMemory(), key=key, stopped=stopped
        )
        return chosen.choice

    def _drawn(self, seed: int) -> tuple[Recipe, keras.Model]:
        """What a run with `seed` trains, and its network with the weights that it draws."""
        plan = self._plan.plan_of(0, seed)
        network = drawn_network(plan, plan.network)
        recipe = make_recipe(plan, network, self._train, self.validation)
        return recipe, training_twin(recipe.network)

    def _begun(self, recipe: Recipe, network: keras.Model) -> _Beginning:
        images = drawn_images(self._train.labels, self._plan.train_images, recipe.seed)
        return _Beginning(recipe.seed, images, checkpoint.arrays_of(network.variables))

    def _compiled(self, *, mixed: bool) -> TrainingSteps:
        recipe = self.recipe
        return TrainingSteps(
            self._network, recipe.optimizer, recipe.batch_size, recipe.class_weights, mixed=mixed
        )

    def _augment(self, variant: int, place: int) -> Augment | None:
        """Compiled once for all seeds: the one at `place` draws like later steps of the first."""
        if not self._plan.variants[variant].steps:
            return None
        if variant not in self._augmenters:
            self._augmenters[variant] = self._augmenter(variant)
        augmenter, earlier = self._augmenters[variant], place * self.steps_each
        return lambda pixels, labels, step: augmenter(pixels, labels, earlier + step)

    def _augmenter(self, variant: int) -> BlockAugmenter:
        plan = self._plan
        steps = plan.variants[variant].steps
        return BlockAugmenter(
            Augmenter(steps, plan.plan.network.classes, plan.seeds[0]),
            self._train.pixels.shape[1:],
            self.recipe.batch_size,
            images=len(plan.seeds) * plan.epochs * plan.train_images,
            warn=self._warn,
        )
