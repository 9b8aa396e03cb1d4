"""Parts of the worker that need no TensorFlow: order of images, figures, learning rates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.intervals import wilson_interval
from imgclf_gui.core.spec import EntrySpec, TrainingSpec
from imgclf_gui.protocol import codec
from imgclf_gui.worker import checkpoint
from imgclf_gui.worker.control import Control
from imgclf_gui.worker.data import BlockReader, BlockStream, Examples, epoch_order
from imgclf_gui.worker.failures import report_of
from imgclf_gui.worker.learning_rate import learning_rate
from imgclf_gui.worker.metrics import report, softmax


def numbered(images: int) -> Examples:
    """Images whose single pixel and label are their number."""
    numbers = np.arange(images)
    return Examples(numbers.astype(np.uint8).reshape(-1, 1, 1, 1), numbers.astype(np.int32))


def test_an_epoch_is_the_same_permutation_again_and_each_epoch_another() -> None:
    first = epoch_order(5, 0, 1000)
    assert sorted(first) == list(range(1000))
    assert (first == epoch_order(5, 0, 1000)).all()
    assert (first != epoch_order(5, 1, 1000)).any()
    assert (first != epoch_order(6, 0, 1000)).any()


@pytest.mark.parametrize("images", [1, 7, 8, 9, 64, 100])
@pytest.mark.parametrize("steps", [1, 3, 32])
def test_every_image_is_seen_once_an_epoch(images: int, steps: int) -> None:
    reader = BlockReader(numbered(images), batch_size=8, seed=1)
    seen: list[list[float]] = [[], []]
    epoch = step = 0
    with BlockStream(reader, epochs=2) as stream:
        while epoch < 2:
            block = stream.take(epoch, step, steps)
            assert block.steps <= steps
            assert block.batch == min(8, images - step * 8)
            assert (block.pixels.ravel() == block.labels.ravel()).all()
            seen[epoch] += block.labels.ravel().tolist()
            step += block.steps
            if step == reader.steps_per_epoch:
                epoch, step = epoch + 1, 0
    for epoch, labels in enumerate(seen):
        assert labels == epoch_order(1, epoch, images).tolist()


def test_a_stream_can_begin_anywhere() -> None:
    reader = BlockReader(numbered(50), batch_size=8, seed=1)
    with BlockStream(reader, epochs=9) as stream:
        stream.take(0, 0, 2)
        block = stream.take(4, 3, 2)
    assert (block.labels.ravel() == epoch_order(1, 4, 50)[24:40]).all()


def test_figures() -> None:
    labels = np.array([0, 0, 0, 1, 1], np.int32)
    taken = np.array([0, 0, 1, 1, 0])
    logits = np.full((5, 3), -5, np.float32)
    logits[np.arange(5), taken] = 5
    figures = report(
        logits, labels, ("a", "b", "never"), split="test", predictions="p", fingerprint="f"
    )
    assert figures.accuracy == 0.6
    assert figures.confusion == ((2, 1, 0), (1, 1, 0), (0, 0, 0))
    a, b, never = figures.classes
    assert (a.precision, a.recall, a.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert (b.precision, b.recall, b.images) == (0.5, 0.5, 2)
    assert (never.precision, never.recall, never.f1) == (None, None, None)
    by_hand = -np.log(softmax(logits)[np.arange(5), labels]).mean()
    assert figures.loss == pytest.approx(by_hand)


def test_a_confusion_matrix_too_large_for_a_line_is_left_out() -> None:
    classes = 1000
    labels = np.arange(classes, dtype=np.int32)
    names = tuple(f"class {place}" for place in labels)
    figures = report(
        np.eye(classes, dtype=np.float32), labels, names,
        split="test", predictions="p", fingerprint="f",
    )  # fmt: skip
    assert (figures.accuracy, figures.confusion) == (1, ())
    assert codec.decode_event(codec.encode(figures)) == figures


def test_wilson_interval_against_published_figures() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)


def test_the_learning_rate_climbs_then_follows_the_schedule() -> None:
    training = TrainingSpec(
        epochs=10, learning_rate=0.5, warmup_epochs=2, schedule=EntrySpec(kind="cosine")
    )
    rate = learning_rate(training, steps_per_epoch=10)
    assert rate(0) == pytest.approx(0.5 / 20)
    assert rate(19) == rate(20) == 0.5
    assert rate(60) == pytest.approx(0.25)
    assert 0 < rate(99) < 0.001


def test_values_that_are_not_finite_never_replace_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "latest.safetensors"
    assert checkpoint.write(path, {"0000.w": np.ones(3)}, {"step": 1})
    assert not checkpoint.write(path, {"0000.w": np.array([1, np.nan])}, {"step": 2})
    arrays, about = checkpoint.read(path)
    assert about == {"step": 1}
    assert (arrays["0000.w"] == 1).all()


def test_a_checkpoint_keeps_every_bit_shape_and_kind(tmp_path: Path) -> None:
    path = tmp_path / "latest.safetensors"
    arrays: checkpoint.Arrays = {
        "0000.scalar": np.array(7, np.int64),
        "0001.transposed": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "0002.seed": np.array([1, 2**32 - 1], np.uint32),
        "0003.empty": np.empty((0, 4), np.float32),
    }
    checkpoint.write(path, arrays, {})
    kept, _ = checkpoint.read(path)
    assert list(kept) == list(arrays)
    for name, array in arrays.items():
        assert (kept[name].dtype, kept[name].shape) == (array.dtype, array.shape)
        assert (kept[name] == array).all()


def test_stopping_ends_a_pause() -> None:
    control = Control()
    control.pause()
    assert control.paused
    control.stop()
    control.wait_while_paused()
    assert control.stopped
    assert not control.paused


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError("a.b", "Message."), "a.b"),
        (MemoryError(), "run.memory"),
        (OSError(28, "No space left on device"), "file.full"),
        (PermissionError(13, "Permission denied", "there"), "file.error"),
        (ValueError("odd"), "worker.unexpected"),
    ],
)
def test_every_exception_becomes_a_sentence(error: Exception, code: str) -> None:
    found = report_of(error)
    assert found.code == code
    assert found.message.endswith(".")


RAISE_IN_ONEDNN = """
import tensorflow as tf
from imgclf_gui.worker.failures import report_of
text = "Operation received an exception:Status: {}, message: could not create a primitive"
print([report_of(tf.errors.AbortedError(None, None, text.format(n))).code for n in (1, 2)])
"""


def test_onednn_says_by_a_number_that_memory_ran_out() -> None:
    command = [sys.executable, "-c", RAISE_IN_ONEDNN]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["['run.memory',", "'worker.unexpected']"]
