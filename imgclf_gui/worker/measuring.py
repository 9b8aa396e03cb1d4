"""What all measurements of transfer have in common: images, a linear probe, how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.dataset import Dataset
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.linear_probe import LinearProbe
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import Split
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan.backbones import Backbone
from imgclf_gui.protocol.commands import MeasureTransfer
from imgclf_gui.protocol.transfer_events import TransferProgressed, TransferStarted
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Features, Labels, Places, drawn_images
from imgclf_gui.worker.fronts import PlannedFront
from imgclf_gui.worker.sampled import SampledFeatures, SampledImages, drawn

REPORT_SECONDS = 0.25
BUILDING = "building the network"
PROBING = "fitting the linear probe"

Flat = NDArray[np.float32]
"""[images, values]"""


@dataclass(frozen=True)
class Measuring:
    """What all measurements have in common."""

    command: MeasureTransfer
    project: Project
    dataset: DatasetSummary
    emit: Emit
    control: Control

    @classmethod
    def of(cls, command: MeasureTransfer, emit: Emit, control: Control) -> Measuring:
        """For the dataset as it is now.

        Raises:
            UserError: `transfer.classes`, `transfer.split`, or the project cannot be read.
        """
        project = Project.open(Path(command.project))
        with Dataset.open(project.dataset_path) as dataset:
            summary = dataset.summary()
        return cls(command, project, summary, emit, control)

    def front(self, backbone: Backbone) -> PlannedFront:
        """`backbone` for the project's images."""
        return PlannedFront.of(backbone, self.command.data, self.dataset)

    def train(self) -> SampledImages:
        """Training images: each class keeps its share.

        Raises:
            UserError: `transfer.classes`.
        """
        return self.trained(self.share(self.command.most))

    def trained(self, draw: Callable[[Labels], Places]) -> SampledImages:
        """Training images, as `draw` chooses them.

        Raises:
            UserError: `transfer.classes`.
        """
        images = self._drawn("train", draw)
        if len(np.unique(images.labels)) < 2:
            raise UserError(
                "transfer.classes",
                "The training images show fewer than two classes: there is nothing to tell apart.",
                "Import images of another class.",
            )
        return images

    def held_out(self) -> SampledImages:
        """Images to measure on.

        Raises:
            UserError: `transfer.split`.
        """
        split = self.command.split
        images = self._drawn(split, self.share(self.command.most_held_out))
        if not len(images):
            raise UserError(
                "transfer.split",
                f"The dataset has no {split} images to measure on.",
                "Raise their share on the Dataset page, or measure on another split.",
            )
        return images

    def share(self, most: int) -> Callable[[Labels], Places]:
        """Draws at most `most` images, each class its share of them."""
        return lambda labels: drawn_images(labels, most, self.command.seed)

    def started(
        self,
        train: SampledImages,
        held_out: SampledImages,
        backbone: Backbone | None = None,
        scratch: str = "",
    ) -> None:
        """Say what begins."""
        self.emit(
            TransferStarted(
                kind=self.command.kind,
                backbone=backbone.id if backbone else "",
                title=backbone.title if backbone else "",
                weights=backbone.sha256 if backbone else "",
                split=self.command.split,
                train_images=len(train),
                images=len(held_out),
                classes=len(self.dataset.labels),
                fingerprint=self.dataset.fingerprint,
                scratch=scratch,
            )
        )

    def probe_answers(self, train: Flat, labels: Labels, asked: Flat) -> NDArray[np.intp]:
        """What a linear probe that learned from `train` takes `asked` for."""
        self.control.busy_with = PROBING
        classes = len(self.dataset.labels)
        probe = LinearProbe.fit_best(train, labels, classes, self.command.seed)
        answers = probe.answers(asked)
        self.control.busy_with = ""
        return answers

    def _drawn(self, split: Split, draw: Callable[[Labels], Places]) -> SampledImages:
        return drawn(self.project, self.command.data, self.dataset.labels, split, draw)


class Progress:
    """Says a few times a second how much of the work is done, and how long the rest will take."""

    def __init__(self, emit: Emit, total: float) -> None:
        """`total` is all work, in any unit: of a network, multiply-adds of all images."""
        self._emit = emit
        self._total = total
        self._before = 0.0
        self._work, self._what, self._images, self._offset = 0.0, "", 1, 0
        self._began_at = self._part_at = self._reported_at = time.perf_counter()

    def begin(self, what: str, work: float, images: int) -> None:
        """A part of the work begins, `work` of the total, with so many images or steps."""
        self._before += self._work
        self._what, self._work, self._images, self._offset = what, work, max(1, images), 0
        self._part_at = time.perf_counter()
        self._say(0, None)

    def report(self, done: int) -> None:
        """So many of the images since `offset` are done."""
        now = time.perf_counter()
        if now - self._reported_at >= REPORT_SECONDS:
            done += self._offset
            self._say(done / self._images, done / max(now - self._part_at, 1e-9))

    def offset(self, images: int) -> None:
        """What is reported from now on comes after so many images more."""
        self._offset += images

    def _say(self, share: float, speed: float | None) -> None:
        now = self._reported_at = time.perf_counter()
        done = min(1.0, (self._before + min(1.0, share) * self._work) / max(self._total, 1e-9))
        left = (now - self._began_at) * (1 - done) / done if done > 0 else None
        self._emit(
            TransferProgressed(
                done=done, what=self._what, images_per_second=speed, seconds_left=left
            )
        )


def both_features(
    measuring: Measuring,
    front: PlannedFront,
    network: keras.Model,
    images: tuple[SampledImages, SampledImages],
    progress: Progress,
) -> tuple[Flat, Flat, float] | None:
    """What `network` makes of training and held-out `images`, and the seconds an image takes.

    `network` begins with `front`. None if stopped.
    """
    control = measuring.control
    maker = SampledFeatures(
        network,
        front.data,
        _free(progress, control),
        lambda: control.stopped,
        front.multiply_adds,
    )
    train, held_out = images
    known = maker.of(train)
    if known is None:
        return None
    progress.offset(len(train))
    asked = maker.of(held_out)
    if asked is None:
        return None
    return flat(known.values), flat(asked.values), known.seconds_an_image


def flat(values: Features) -> Flat:
    """A row an image."""
    return values.reshape(len(values), -1)


def _free(progress: Progress, control: Control) -> Callable[[int], None]:
    """What hears of each batch: a job that gets there sees a stop at once."""

    def report(done: int) -> None:
        control.busy_with = ""
        progress.report(done)

    return report
