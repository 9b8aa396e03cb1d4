"""Features: what the still front of a network makes of each image, computed once and kept.

A frozen front gives the same for the same pixels in every step, so it runs once for each image (and
for each changed view of it) instead of once an epoch. The features lie in memory-mapped files whose
names follow from all that they depend on: the weights and layers of the front, the pixels, and for
changed views the augmentations and their seed. Another front, dataset or seed has other names.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from imgclf_gui.core.entry import FLOAT32_BYTES
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.files import remove_abandoned, write_error
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.spec import Split
from imgclf_gui.protocol import events as e
from imgclf_gui.worker.control import Emit
from imgclf_gui.worker.data import Features, Pixels
from imgclf_gui.worker.network import BlockEnds
from imgclf_gui.worker.views import Views

FORM = 1
"""Part of the key: raise it when the same front would give other features."""
BATCH = 32
KEPT_CACHES = 8
"""The fronts used last keep their features; those of others are removed."""
LARGEST_BYTES = 16 << 30
"""Features of one run beyond this are not kept."""
DISK_SHARE = 0.5
"""Nor beyond this share of the disk's free room."""
REPORT_SECONDS = 0.25


@dataclass(frozen=True)
class SplitNetwork:
    """A network in two parts that share its layers, and so its weights."""

    front: keras.Model
    """Raw pixels → features."""
    head: keras.Model
    """Features → logits."""

    @property
    def image_bytes(self) -> int:
        """Of the features of one image."""
        return FLOAT32_BYTES * int(prod(self.front.output_shape[1:]))


def split_network(network: keras.Model, ends: BlockEnds, last: str) -> SplitNetwork:
    """`network` cut behind the block whose layers are called `last`.

    `ends` has what each block makes, see `build_network`.
    """
    cut = ends[last]
    return SplitNetwork(
        keras.Model(network.input, cut, name="front"),
        keras.Model(cut, network.output, name="head"),
    )


class FeatureCache:
    """Computes and keeps the features that one front makes of a dataset's images."""

    def __init__(
        self, front: keras.Model, pixels: PixelCache, emit: Emit, stopped: Callable[[], bool]
    ) -> None:
        self._front = front
        self._pixels = pixels
        self._emit = emit
        self._stopped = stopped
        self.folder = pixels.folder.with_name(f"features-{_key(front, pixels)}")
        shape = front.input_shape[1:]
        self._compiled = tf.function(
            lambda batch: front(tf.cast(batch, tf.float32), training=False),
            input_signature=[tf.TensorSpec((None, *shape), tf.uint8)],
            autograph=False,
        )

    @staticmethod
    def objection(folder: Path, needed: int) -> str:
        """Why there is no room for `needed` bytes beside `folder`; empty if there is."""
        free = shutil.disk_usage(folder).free
        if needed <= min(LARGEST_BYTES, DISK_SHARE * free):
            return ""
        room = f"the disk has {bytes_words(free)} left"
        return f"their features would take {bytes_words(needed)}; {room}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the features of one image."""
        shape: tuple[int, ...] = self._front.output_shape[1:]
        return shape

    def plain(self, split: Split) -> Features | None:
        """Of the images as they are; None if stopped.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        return self._features(split, split, lambda pixels: pixels)

    def view(self, split: Split, views: Views, number: int) -> Features | None:
        """Of view `number` of each image; None if stopped.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        described = json.dumps([*views.described, number])
        name = f"{split}-{blake2b(described.encode(), digest_size=8).hexdigest()}"
        return self._features(split, name, lambda pixels: views.view(pixels, number))

    def _features(
        self, split: Split, name: str, change: Callable[[Pixels], Pixels]
    ) -> Features | None:
        pixels = self._pixels.pixels(split)
        path = self.folder / f"{name}.npy"
        shape = (len(pixels), *self.shape)
        found = _opened(path, shape)
        if found is None:
            if not self.write(path, shape, pixels, change):
                return None
            found = _opened(path, shape)
            assert found is not None  # noqa: S101 it has just been written
        os.utime(self.folder)
        return found

    def write(
        self, path: Path, shape: tuple[int, ...], pixels: Pixels, change: Callable[[Pixels], Pixels]
    ) -> bool:
        """Put the features of changed `pixels` into `path`; False if stopped: nothing is left.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        remove_abandoned(self.folder.parent)
        temporary = self.folder.with_name(f"{self.folder.name}.{path.stem}.{os.getpid()}.part")
        try:
            with temporary.open("wb") as file:
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for features in self._computed(pixels, change):
                    file.write(np.ascontiguousarray(features, "<f4").data)
                if self._stopped():
                    return False
                file.flush()
                os.fsync(file.fileno())
            self.folder.mkdir(exist_ok=True)
            temporary.replace(path)
        except OSError as error:
            raise write_error(path, error) from error
        finally:
            temporary.unlink(missing_ok=True)
        _remove_old(self.folder.parent, self.folder)
        return True

    def _computed(self, pixels: Pixels, change: Callable[[Pixels], Pixels]) -> Iterator[Any]:
        begin = reported_at = time.perf_counter()
        total = len(pixels)
        for start in range(0, total, BATCH):
            if self._stopped():
                return
            yield self._compiled(
                change(np.ascontiguousarray(pixels[start : start + BATCH]))
            ).numpy()
            done, now = min(total, start + BATCH), time.perf_counter()
            if now - reported_at >= REPORT_SECONDS or done == total:
                speed = done / (now - begin)
                self._emit(
                    e.PreparingPixels(
                        done=done,
                        total=total,
                        what="features",
                        images_per_second=speed,
                        seconds_left=(total - done) / speed,
                    )
                )
                reported_at = now


def _opened(path: Path, shape: tuple[int, ...]) -> Features | None:
    """The array in `path`; None if there is none, or one that is not whole."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found if found.shape == shape and found.dtype == np.float32 else None


def _key(front: keras.Model, pixels: PixelCache) -> str:
    """Of all that the features of plain images depend on."""
    digest = blake2b(digest_size=12)
    layers = [layer.get_config() for layer in front.layers]
    digest.update(repr((FORM, pixels.folder.name)).encode())
    digest.update(json.dumps(layers, sort_keys=True, default=str).encode())
    for variable in front.weights:
        digest.update(np.ascontiguousarray(variable).data)
    return digest.hexdigest()


def _remove_old(cache_folder: Path, mine: Path) -> None:
    caches = [path for path in cache_folder.glob("features-*") if path.is_dir() and path != mine]
    caches.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in caches[KEPT_CACHES - 1 :]:
        shutil.rmtree(path, ignore_errors=True)  # one that is still in use stays, on Windows
