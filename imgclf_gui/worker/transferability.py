"""Carries out MeasureTransfer: which backbone suits, which of its blocks, for how few images.

Nothing here trains a backbone. What is known of one is what a linear probe makes of its features,
on images that nothing has learned from.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.transferability import h_score, logme, nearest_mean_accuracy
from imgclf_gui.plan.backbones import find_backbone
from imgclf_gui.protocol.commands import MeasureTransfer
from imgclf_gui.protocol.events import Logged
from imgclf_gui.protocol.transfer_events import (
    BackboneMeasured,
    BlockProbed,
    TransferFinished,
    packed,
)
from imgclf_gui.worker import devices
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.few_images import measure_few_images
from imgclf_gui.worker.fronts import PlannedFront
from imgclf_gui.worker.measuring import BUILDING, Measuring, Progress, both_features
from imgclf_gui.worker.sampled import SampledImages


def measure_transfer(command: MeasureTransfer, emit: Emit, control: Control) -> None:
    """Measure: TransferStarted, a result each, TransferFinished.

    Raises:
        UserError: there is nothing to measure on, or a backbone cannot be had.
    """
    begin = time.perf_counter()
    device, _ = devices.find_device(command.device)
    measuring = Measuring.of(command, emit, control)
    kinds: dict[str, Callable[[Measuring], bool]] = {
        "rank": _rank,
        "layers": _probe_blocks,
        "few-images": measure_few_images,
    }
    with devices.on_device(device):
        try:
            complete = kinds[command.kind](measuring)
        finally:
            control.busy_with = ""
    emit(TransferFinished(seconds=time.perf_counter() - begin, stopped=not complete))


def _rank(measuring: Measuring) -> bool:
    """Each backbone in turn; False if stopped."""
    command, control = measuring.command, measuring.control
    train, held_out = measuring.train(), measuring.held_out()
    images = len(train) + len(held_out)
    fronts = [measuring.front(find_backbone(name)) for name in command.backbones]
    measuring.started(train, held_out)
    progress = Progress(measuring.emit, images * sum(front.multiply_adds for front in fronts))
    measured = 0
    for front in fronts:
        if control.stopped:
            return False
        progress.begin(f"features of {front.backbone.title}", images * front.multiply_adds, images)
        try:
            if not _measure(measuring, front, train, held_out, progress):
                return False
            measured += 1
        except UserError as error:
            if not error.code.startswith("backbone.") or len(fronts) == 1:
                raise
            measuring.emit(Logged(level="warning", text=error.report.sentence()))
    if not measured:
        raise UserError(
            "transfer.none", "None of the backbones could be measured.", "See the log for why."
        )
    return True


def _measure(
    measuring: Measuring,
    front: PlannedFront,
    train: SampledImages,
    held_out: SampledImages,
    progress: Progress,
) -> bool:
    begin, control = time.perf_counter(), measuring.control
    control.busy_with = BUILDING
    network = front.build()
    made = both_features(measuring, front, network, (train, held_out), progress)
    if made is None:
        return False
    known, asked, seconds = made
    answers = measuring.probe_answers(known, train.labels, asked)
    right = answers == held_out.labels
    measuring.emit(
        BackboneMeasured(
            backbone=front.backbone.id,
            title=front.backbone.title,
            weights=front.backbone.sha256,
            features=known.shape[1],
            logme=logme(known, train.labels),
            h_score=h_score(known, train.labels),
            nearest_mean=nearest_mean_accuracy(known, train.labels, asked, held_out.labels),
            correct=int(right.sum()),
            right=packed(right.tolist()),
            seconds=time.perf_counter() - begin,
            images_per_second=1 / seconds if seconds > 0 else None,
        )
    )
    return True


def _probe_blocks(measuring: Measuring) -> bool:
    """A linear probe behind each block of one backbone; False if stopped."""
    control, emit = measuring.control, measuring.emit
    backbone = find_backbone(measuring.command.backbones[0])
    train, held_out = measuring.train(), measuring.held_out()
    front = measuring.front(backbone)
    measuring.started(train, held_out, backbone)
    images = len(train) + len(held_out)
    progress = Progress(emit, 1.0)
    progress.begin(f"features of {backbone.title}", 0.8, images)
    control.busy_with = BUILDING
    network, widths = front.build_ends()
    made = both_features(measuring, front, network, (train, held_out), progress)
    if made is None:
        return False
    known, asked, _ = made
    progress.begin("linear probes", 0.2, len(widths))
    start = 0
    for place, (name, width) in enumerate(zip(front.block_names(), widths, strict=True)):
        if control.stopped:
            return False
        part = slice(start, start + width)
        answers = measuring.probe_answers(known[:, part], train.labels, asked[:, part])
        right = answers == held_out.labels
        emit(
            BlockProbed(
                place=place,
                name=name,
                features=width,
                correct=int(right.sum()),
                right=packed(right.tolist()),
            )
        )
        progress.report(place + 1)
        start += width
    return True
