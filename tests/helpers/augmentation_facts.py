"""What augmentations make of images: asked of a process of its own, since tests stay free of
TensorFlow.

A question and its answer are one line of JSON each; pixels are written as base64, and an answer
is what was asked or {"failure": …}. The process ends with its input.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Augmentation, Geometry, Mixing, Policy
from imgclf_gui.core.discovery import discover
from imgclf_gui.core.spec import EntrySpec

Pixels = NDArray[np.uint8]
How = Literal["eager", "data", "xla"]
"""At once; in the plain graph of a `tf.data` pipeline; compiled as in training."""
CLASSES = 3
COST_ROUNDS = 3


@dataclass(frozen=True)
class Augmented:
    """What became of a batch: uint8 [N, h, w, c], and labels [N] or targets [N, CLASSES]."""

    pixels: Pixels
    labels: NDArray[Any]
    microseconds: float
    """An image's share of the time of a compiled batch; 0 if not compiled."""


@dataclass(frozen=True)
class RawFacts:
    """What an entry by itself returns, for each tensor, before the engine clips and rounds."""

    shapes: list[list[int]]
    dtypes: list[str]
    finite: bool
    lowest: list[float]
    highest: list[float]


class AugmentationFacts:
    """The process; a context that ends it. It answers the same question only once."""

    def __init__(self, *folders: Path) -> None:
        """`folders` hold packages of entries that are not in the catalogue."""
        self._known: dict[str, Augmented] = {}
        self._folders = folders

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.augmentation_facts", *self._folders],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=30)

    def augmented(
        self,
        entry: Augmentation,
        pixels: Pixels,
        *,
        seed: int = 5,
        step: int = 0,
        how: How = "eager",
        anew: bool = False,
    ) -> Augmented:
        """What the worker's `Augmenter` makes of `pixels`, whose labels are 0, 1, 2, 0, …

        With `anew` it is asked again, even if the answer is known.
        """
        question = json.dumps(
            {
                "steps": [entry.to_spec().model_dump()],
                "pixels": _text(pixels),
                "shape": pixels.shape,
                "seed": seed,
                "step": step,
                "how": how,
            }
        )
        if anew or question not in self._known:
            answer = self._answer(question)
            self._known[question] = Augmented(
                _pixels(answer["pixels"], answer["shape"]),
                np.array(answer["labels"]),
                answer["microseconds"],
            )
        return self._known[question]

    def raw(self, entry: Augmentation, pixels: Pixels) -> RawFacts:
        """What the entry itself returns for `pixels`."""
        question = {
            "raw": entry.to_spec().model_dump(),
            "package": type(entry).__module__.rpartition(".")[0],
            "pixels": _text(pixels),
            "shape": pixels.shape,
        }
        return RawFacts(**self._answer(json.dumps(question)))

    def _answer(self, question: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process died: its words are on stderr"
        answer: dict[str, Any] = json.loads(line)
        assert "failure" not in answer, answer["failure"]
        return answer


def _text(pixels: Pixels) -> str:
    return base64.b64encode(pixels.tobytes()).decode()


def _pixels(text: str, shape: Sequence[int]) -> Pixels:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape)


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    pixels = _pixels(question["pixels"], question["shape"])
    try:
        if "raw" in question:
            return _raw_facts(question["raw"], question["package"], pixels)
        return _augmented(question, pixels)
    except Exception:  # noqa: BLE001 an entry that fails fails its own test, and not all behind it
        return {"failure": traceback.format_exc()}


def _augmented(question: dict[str, Any], pixels: Pixels) -> dict[str, Any]:
    import tensorflow as tf

    from imgclf_gui.worker.augment import Augmenter

    steps = [EntrySpec.model_validate(step) for step in question["steps"]]
    augmenter = Augmenter(steps, CLASSES, question["seed"])
    labels = np.arange(len(pixels), dtype=np.int32) % CLASSES
    batch = (tf.constant(pixels), tf.constant(labels))
    step = tf.constant(question["step"], tf.int64)
    microseconds = 0.0
    if question["how"] == "eager":
        made = augmenter.augment(*batch, step)
    elif question["how"] == "data":
        images = tf.data.Dataset.from_tensor_slices(batch).batch(len(pixels))
        (made,) = images.map(lambda image, label: augmenter.augment(image, label, step))
    else:
        compiled = tf.function(partial(augmenter.augment, compiled=True), autograph=False)
        made = compiled(*batch, step)
        seconds = _seconds(partial(_carried_out, compiled, *batch, step))
        microseconds = 1e6 * seconds / len(pixels)
    return {
        "pixels": _text(made[0].numpy()),
        "shape": made[0].shape.as_list(),
        "labels": made[1].numpy().tolist(),
        "microseconds": microseconds,
    }


def _carried_out(compiled: Any, *arguments: Any) -> None:
    compiled(*arguments)[0].numpy()


def _seconds(does: Callable[[], object]) -> float:
    """Of the fastest of a few rounds."""
    times = []
    for _ in range(COST_ROUNDS):
        start = time.perf_counter()
        does()
        times.append(time.perf_counter() - start)
    return min(times)


def _raw_facts(spec: dict[str, Any], package: str, pixels: Pixels) -> dict[str, Any]:
    import tensorflow as tf

    from imgclf_gui.worker.draws import StepDraws

    entry = catalog.load(EntrySpec.model_validate(spec), discover(package, Augmentation))
    draws = StepDraws(5, tf.constant(0), len(pixels), (0,))
    tensors = _returned(entry, tf.constant(pixels, tf.float32), draws)
    return {
        "shapes": [tensor.shape.as_list() for tensor in tensors],
        "dtypes": [tensor.dtype.name for tensor in tensors],
        "finite": bool(all(np.isfinite(tensor).all() for tensor in tensors)),
        "lowest": [float(np.min(tensor)) for tensor in tensors],
        "highest": [float(np.max(tensor)) for tensor in tensors],
    }


def _returned(entry: Any, images: Any, draws: Any) -> tuple[Any, ...]:
    """The tensors that the one method of each kind of augmentation returns."""
    if isinstance(entry, Mixing):
        return tuple(entry.mix(images, images[::-1], draws))
    if isinstance(entry, Policy):
        return (entry.augment(images, draws, lambda changed, index: changed),)
    if isinstance(entry, Geometry):
        height, width = images.shape[1:3]
        return (entry.matrices(height, width, draws),)
    return (entry.augment(images, draws),)


if __name__ == "__main__":
    from imgclf_gui.worker import devices

    sys.path += sys.argv[1:]
    devices.tensorflow()
    for asked in sys.stdin:
        print(json.dumps(_answer(json.loads(asked))), flush=True)
