"""From a plan to what a trainer needs: images, the network with its first weights, the recipe."""

from __future__ import annotations

import time
from collections.abc import Callable

import keras

from imgclf_gui import catalog
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import Split
from imgclf_gui.plan import NetworkPlan, Plan
from imgclf_gui.plan.augmentation import mixes_labels
from imgclf_gui.plan.watch import watched_blocks
from imgclf_gui.protocol import events as e
from imgclf_gui.worker import devices
from imgclf_gui.worker.backbones import load_backbones
from imgclf_gui.worker.control import Emit
from imgclf_gui.worker.data import Examples
from imgclf_gui.worker.execution import memory_key
from imgclf_gui.worker.learning_rate import learning_rate
from imgclf_gui.worker.network import BlockEnds, build_network
from imgclf_gui.worker.train import REPORT_SECONDS, Recipe


def prepare_pixels(
    project: Project, plan: Plan, emit: Emit, stopped: Callable[[], bool]
) -> PixelCache | None:
    """The decoded images of the dataset as it is now, as `plan` wants them; None if stopped.

    Raises:
        UserError: an image has vanished, or `plan` does not know a class.
    """
    return PixelCache.prepare(project, plan.data, _reporter(emit), stopped)


def _reporter(emit: Emit) -> Callable[[int, int], None]:
    """Says how far the decoding is, a few times a second."""
    reported_at = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal reported_at
        now = time.perf_counter()
        if now - reported_at >= REPORT_SECONDS or done == total:
            emit(e.PreparingPixels(done=done, total=total))
            reported_at = now

    return progress


def examples(cache: PixelCache, split: Split) -> Examples:
    """The images of a split with their labels."""
    return Examples(cache.pixels(split), cache.labels(split))


def drawn_network(plan: Plan, network: NetworkPlan, ends: BlockEnds | None = None) -> keras.Model:
    """`network`, a freezing of that of `plan`: weights from its seed and its backbones' files.

    Raises:
        UserError: `backbone.…`, if the weights of a backbone cannot be had.
    """
    keras.utils.set_random_seed(plan.training.seed)
    drawn = build_network(network, ends)
    load_backbones(drawn, network)
    return drawn


def make_recipe(
    plan: Plan, network: keras.Model, train: Examples, validation: Examples, key: object = None
) -> Recipe:
    """What `plan` trains in `network`; `key` is what else the fastest execution depends on."""
    training = plan.training
    optimizer = catalog.load(training.optimizer, catalog.optimizer_entries())
    return Recipe(
        network=network,
        optimizer=optimizer.build(training.learning_rate),
        rate=learning_rate(training, plan.steps_per_epoch),
        train=train,
        validation=validation,
        batch_size=training.batch_size,
        epochs=training.epochs,
        seed=training.seed,
        patience=training.early_stopping_patience,
        class_weights=plan.data.class_weights,
        watched=watched_blocks(plan.network) if training.watch_blocks else (),
        augmentation=plan.augmentation,
        key=memory_key(
            plan.network.model_dump(mode="json"),
            training.optimizer.model_dump(mode="json"),
            training.device.model_dump(mode="json"),
            training.batch_size,
            # XLA is not worth its compilation in a short run: each doubling is measured anew.
            (training.epochs * plan.steps_per_epoch).bit_length(),
            devices.versions(),
            devices.threads(),
            *(["mixed labels"] if mixes_labels(plan.augmentation) else []),
            *([key] if key else []),
        ),
    )
