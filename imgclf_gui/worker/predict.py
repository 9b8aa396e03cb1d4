"""The predictor: the best model of a run or a built-in one, kept warm, for any number of images."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgclf_gui.core.entry import SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.images import decode, fit
from imgclf_gui.core.listing import image_files
from imgclf_gui.plan import Plan
from imgclf_gui.plan.builtin import built_in_plan
from imgclf_gui.plan.transfer import still_front
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.commands import ClassifyImages, LoadPredictor
from imgclf_gui.worker import checkpoint
from imgclf_gui.worker.backbones import classifier_network
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Pixels
from imgclf_gui.worker.features import split_network
from imgclf_gui.worker.metrics import softmax
from imgclf_gui.worker.network import BlockEnds
from imgclf_gui.worker.run import load_network, read_plan
from imgclf_gui.worker.views import Logits, Views, mean_logits, test_time_steps

BATCH = 64
CALL_MULTIPLY_ADDS = 6_000_000_000
"""Of one call: more would keep a person waiting for the first answers, and be no faster."""
PART_SECONDS = 0.2
"""Predictions are reported this often, so that the first of many are seen at once."""
PART_LABELS = 2_000
"""A message does not name more classes than a line of the protocol can surely hold."""
KEPT = 2
"""Predictors that stay warm: whoever compares two models waits for each only once."""

Version = tuple[int, int] | None
"""Time and size of a file of weights; None for one that never changes."""


class Predictor:
    """A model as a compiled function."""

    def __init__(self, plan: Plan, load: Callable[[BlockEnds], keras.Model]) -> None:
        """Compile what `load` makes of the plan, with its weights: raw pixels → logits."""
        self.plan = plan
        ends: BlockEnds = {}
        self._network = load(ends)
        front = still_front(plan.network)
        self.cut = split_network(self._network, ends, front.last) if front else None
        """The network in two parts, if its front is frozen."""
        shape = plan.network.input_shape
        signature = [tf.TensorSpec((None, *shape), tf.uint8)]
        self._compiled = tf.function(self._logits, input_signature=signature, autograph=False)
        self.logits(np.zeros((1, *shape), np.uint8))

    def logits(self, pixels: Pixels, views: int = 0) -> Logits:
        """uint8 [N, height, width, channels] → float32 [N, classes].

        With `views`, of the mean probability over each image and that many changed views of it.

        Raises:
            UserError: `views.none` if the run has nothing to change images by.
        """
        if views:
            return mean_logits(self.logits, self._views, views, pixels)
        logits: Logits = self._compiled(pixels).numpy()
        return logits

    def classify(self, images: Sequence[Path], top: int, views: int = 0) -> list[e.Prediction]:
        """The `top` most probable classes of each image file; what is wrong with unreadable ones.

        The answers stand in the order of `images`.

        Raises:
            UserError: as `logits`.
        """
        decoded = [self._decoded(image) for image in images]
        pixels = [found for found in decoded if not isinstance(found, UserError)]
        rows = iter(softmax(self.logits(np.stack(pixels), views)) if pixels else ())
        return [
            e.Prediction(image=str(image), error=found.report.message)
            if isinstance(found, UserError)
            else self._prediction(str(image), next(rows), top)
            for image, found in zip(images, decoded, strict=True)
        ]

    @cached_property
    def _views(self) -> Views:
        plan = self.plan
        return Views(test_time_steps(plan), plan.network.input_shape, plan.training.seed)

    def _prediction(self, image: str, row: NDArray[np.float64], top: int) -> e.Prediction:
        order = np.argsort(-row, kind="stable")[:top]
        return e.Prediction(
            image=image,
            labels=tuple(self.plan.data.labels[place] for place in order),
            probabilities=tuple(float(row[place]) for place in order),
        )

    def _decoded(self, image: Path) -> Pixels | UserError:
        data = self.plan.data
        try:
            return fit(decode(image), data.width, data.height, data.channels, data.fit)
        except UserError as error:
            return error

    def _logits(self, pixels: Any) -> Any:
        return self._network(tf.cast(pixels, tf.float32), training=False)


class Predictors:
    """Keeps the predictors that were used last."""

    def __init__(self) -> None:
        self.made = 0
        """How many were made so far; others were warm."""
        self._warm: dict[Path | str, tuple[Version, Predictor]] = {}
        """By the run's file of weights or the built-in classifier's id; the last was used last."""

    def of(self, run: Path) -> Predictor:
        """The predictor of `run`'s best model, as the file is now.

        Raises:
            UserError: `run.no_model`, `run.damaged`, `checkpoint.damaged`.
        """
        weights = run / checkpoint.FOLDER / checkpoint.BEST
        try:
            found = weights.stat()
        except OSError as error:
            raise UserError(
                "run.no_model",
                f"The run {run.name} has no model yet.",
                "Let it complete one epoch at least.",
                str(error),
            ) from error
        version = found.st_mtime_ns, found.st_size
        return self._kept(weights, version, lambda: _of_run(run, weights))

    def asked(self, command: ClassifyImages | LoadPredictor) -> Predictor:
        """That of the run, or of the built-in classifier, that `command` names.

        Raises:
            UserError: as `of`; `use.backbone`, `backbone.damaged`.
        """
        if command.run:
            return self.of(Path(command.run))
        name = command.backbone
        return self._kept(name, None, lambda: _of_backbone(name))

    def _kept(self, name: Path | str, version: Version, make: Callable[[], Predictor]) -> Predictor:
        """That of `name` if it is of this version; else a new one in its place."""
        version_found, predictor = self._warm.pop(name, (None, None))
        if predictor is None or version_found != version:
            predictor = make()
            self.made += 1
        self._warm[name] = version, predictor
        while len(self._warm) > KEPT:
            del self._warm[next(iter(self._warm))]
        return predictor


def _of_run(run: Path, weights: Path) -> Predictor:
    plan = read_plan(run)
    return Predictor(plan, lambda ends: load_network(plan, weights, ends))


def _of_backbone(name: str) -> Predictor:
    plan = built_in_plan(name)
    return Predictor(plan, lambda ends: classifier_network(plan.network, ends))


def load_predictor(command: LoadPredictor, predictors: Predictors, emit: Emit) -> None:
    """Make the predictor warm: PredictorReady.

    Raises:
        UserError: the run has no model, or the built-in classifier no weights.
    """
    made = predictors.made
    predictors.asked(command)
    emit(
        e.PredictorReady(run=command.run, backbone=command.backbone, loaded=predictors.made > made)
    )


def classify(command: ClassifyImages, predictors: Predictors, emit: Emit, control: Control) -> None:
    """Classify files and folders of images: Classified…, ClassifyFinished.

    Raises:
        UserError: the model is not there, it has nothing to change images by if views are asked
            for, or there is no image in what was named.
    """
    begin = time.perf_counter()
    predictor = predictors.asked(command)
    images = list(find_images(command.images))
    if not images:
        raise UserError(
            "classify.empty",
            f"There are no images in {', '.join(command.images[:3]) or 'nothing'}.",
            "Name image files, or folders with image files in them.",
        )
    if command.views:
        test_time_steps(predictor.plan)  # an unreadable image must not hide that there are none
    size = _batch(predictor.plan, command)
    done, part = 0, list[e.Prediction]()
    reported_at, waiting = begin, iter(images)
    while (batch := list(islice(waiting, size))) and not control.stopped:
        part += predictor.classify(batch, command.top, command.views)
        done += len(batch)
        now = time.perf_counter()
        due = now - reported_at >= PART_SECONDS or done == len(images)
        if due or len(part) + size > max(size, PART_LABELS // command.top):
            emit(e.Classified(predictions=tuple(part), done=done, total=len(images)))
            part, reported_at = [], now
    if part:  # what was done before a stop
        emit(e.Classified(predictions=tuple(part), done=done, total=len(images)))
    seconds = time.perf_counter() - begin
    emit(e.ClassifyFinished(images=done, seconds=seconds, stopped=done < len(images)))


def _batch(plan: Plan, command: ClassifyImages) -> int:
    """Images that are answered in one go."""
    work = max(1, plan.network.multiply_adds)
    size = min(BATCH, CALL_MULTIPLY_ADDS // work) // (1 + command.views)
    return max(1, min(size, PART_LABELS // command.top))


def find_images(named: Sequence[str]) -> Iterator[Path]:
    """Files as they are named, and for a folder every image below it, by name."""
    for name in named:
        path = Path(name)
        if not path.is_dir():
            yield path
            continue
        for found in image_files(path):
            if not isinstance(found, SourceProblem):
                yield found.path
