"""This machine's own classifier, for the provider that answers without a network."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from imgclf_gui.core.annotation import Classify
from imgclf_gui.core.cloud import Cancel
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.builtin import find_built_in
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import path_text
from imgclf_gui.protocol.events import (
    FINAL_EVENTS,
    Classified,
    ClassifyFinished,
    Event,
    JobFailed,
    Prediction,
)


def built_in_classifier(jobs: Jobs) -> Classify:
    """What `Access.classify` is: the warm predictor of this machine."""

    def classify(
        contents: Sequence[bytes], most: int, cancel: Cancel
    ) -> list[list[tuple[str, float]]]:
        """See `core.annotation.Classify`."""
        cancel.raise_if_cancelled()
        with TemporaryDirectory(prefix="imgclf-cloud-") as folder:
            files = [Path(folder) / f"{number:04}" for number in range(len(contents))]
            for file, content in zip(files, contents, strict=True):
                file.write_bytes(content)
            predictions = _predictions(jobs, files, most, cancel)
        return [_ranked(prediction) for prediction in predictions]

    return classify


def _predictions(jobs: Jobs, files: Sequence[Path], most: int, cancel: Cancel) -> list[Prediction]:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    command = commands.ClassifyImages(
        job=jobs.new_job("cloud:classify"),
        backbone=find_built_in().id,
        images=tuple(map(path_text, files)),
        top=most,
    )
    job = jobs.submit("predict", command, events.put)
    forget = cancel.on_cancel(lambda: jobs.stop(job))
    found: list[Prediction] = []
    try:
        while not isinstance(event := events.get(), FINAL_EVENTS):
            if isinstance(event, Classified):
                found += event.predictions
    finally:
        forget()
    cancel.raise_if_cancelled()
    if isinstance(event, JobFailed):
        raise UserError.from_report(event.error)
    if not isinstance(event, ClassifyFinished) or len(found) != len(files):
        raise UserError("cloud.local", "Not every image was classified.", "Try again.")
    return found


def _ranked(prediction: Prediction) -> list[tuple[str, float]]:
    """Best first; nothing for an image that could not be read."""
    return list(zip(prediction.labels, prediction.probabilities, strict=True))
