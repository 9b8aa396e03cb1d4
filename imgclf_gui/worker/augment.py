"""Augmentation of batches: what the preview shows is what trains, by the same lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import tensorflow as tf

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import (
    Augmentation,
    Geometry,
    Mixing,
    PixelAugmentation,
    Policy,
    Tensor,
)
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.worker.draws import StepDraws
from imgclf_gui.worker.policies import Choice, chosen, edge_of
from imgclf_gui.worker.sampling import sample

_Stage = tuple[int, list[Augmentation]]
"""Entries that are carried out as one, and the place of the first in the list."""


class Augmenter:
    """Carries out `steps` in their order on batches of images, drawing anew in every step."""

    def __init__(self, steps: Sequence[EntrySpec], classes: int, seed: int) -> None:
        """`classes` is how many there are; the same `seed` draws the same.

        Raises:
            UserError: `catalog.unknown`, `catalog.settings`.
        """
        self._entries = _load(steps)
        self._classes = classes
        self._seed = seed

    @property
    def mixes(self) -> bool:
        """Whether images can have a share in several classes afterwards."""
        return any(isinstance(entry, Mixing) for entry in self._entries)

    @property
    def has_policies(self) -> bool:
        """Whether some choose among other augmentations."""
        return any(isinstance(entry, Policy) for entry in self._entries)

    def augment(
        self, pixels: Tensor, labels: Tensor, step: Tensor, *, compiled: bool = False
    ) -> tuple[Tensor, Tensor]:
        """uint8 [N, height, width, channels] and int32 [N] → the same, changed.

        If it `mixes`, labels become float32 [N, classes], each row the shares of an image. Works
        eagerly, in tf.data, and compiled by XLA; `step` counts from the beginning of the run.
        Where it is [S], `pixels` holds as many images of each of these steps: see `StepDraws`.

        `compiled` compiles what is carried out as one by XLA, each by itself, and matrices before
        what they move: of all in one piece, XLA makes loops in which most is computed again and
        again.
        """
        if self.mixes:
            labels = tf.one_hot(labels, self._classes)
        stages = _stages(self._entries, int(pixels.shape[-1]))
        for number, stage in enumerate(stages, 1):
            last = number == len(stages)
            pixels, labels = self._carried_out(
                stage, pixels, labels, step, last=last, compiled=compiled
            )
        return pixels, labels

    def _carried_out(
        self,
        stage: _Stage,
        images: Tensor,
        labels: Tensor,
        step: Tensor,
        *,
        last: bool,
        compiled: bool,
    ) -> tuple[Tensor, Tensor]:
        """One stage; the `last` ends in uint8. Labels go only where they are changed, since
        compiled code with one output is faster."""
        by = _compiled if compiled else _as_it_is
        ends = _in_bytes if last else _as_it_is
        first = stage[1][0]
        if isinstance(first, Geometry) and _only_mirrors(stage[1]):
            return by(lambda it, at: ends(self._mirrored(stage, it, at)))(images, step), labels
        if isinstance(first, Geometry):
            matrices = by(partial(self._moved, stage))(images, step)
            return by(lambda it, m: ends(_resampled(stage[1], it, m)))(images, matrices), labels
        if isinstance(first, Mixing):
            images, labels = by(partial(self._mixed, stage))(images, labels, step)
            return ends(images), labels
        return by(lambda it, at: ends(self._changed(stage, it, at)))(images, step), labels

    def _moved(self, stage: _Stage, images: Tensor, step: Tensor) -> Tensor:
        """The matrices [N, 3, 3] of a stage of geometry, one after another."""
        moves = [entry for entry in stage[1] if isinstance(entry, Geometry)]
        return _moved(moves, self._draws(stage, images, step), images)

    def _mirrored(self, stage: _Stage, images: Tensor, step: Tensor) -> Tensor:
        """A stage of nothing but flips, which read no pixel between others."""
        for entry, drawn in zip(stage[1], self._draws(stage, images, step), strict=True):
            mine = chosen(entry, drawn)[:, None, None, None]
            axis = entry.mirrored if isinstance(entry, Geometry) else None
            images = tf.where(mine, tf.reverse(images, [axis]), images)
        return images

    def _mixed(
        self, stage: _Stage, images: Tensor, labels: Tensor, step: Tensor
    ) -> tuple[Tensor, Tensor]:
        (draws,) = self._draws(stage, images, step)
        (entry,) = (entry for entry in stage[1] if isinstance(entry, Mixing))
        return _mixed(entry, draws, tf.cast(images, tf.float32), labels)

    def _changed(self, stage: _Stage, images: Tensor, step: Tensor) -> Tensor:
        (entry,), (draws,) = stage[1], self._draws(stage, images, step)
        images = tf.cast(images, tf.float32)
        return _where(chosen(entry, draws), partial(_changed, entry, draws, images), images)

    def _draws(self, stage: _Stage, images: Tensor, step: Tensor) -> list[StepDraws]:
        """One for each entry of a stage."""
        place, entries = stage
        each = images.shape[0] or tf.shape(images)[0]
        each //= tf.convert_to_tensor(step).shape.num_elements() or tf.size(step)
        return [
            StepDraws(self._seed, step, each, (place + index,)) for index in range(len(entries))
        ]


def _load(steps: Sequence[EntrySpec]) -> list[Augmentation]:
    return [catalog.load(step, catalog.augmentation_entries()) for step in steps]


def _stages(entries: Sequence[Augmentation], channels: int) -> list[_Stage]:
    """What is carried out as one, and its place in the list; what needs colour only with colour."""
    placed = [
        (place, entry)
        for place, entry in enumerate(entries)
        if channels == 3 or not entry.needs_colour
    ]

    stages = list[_Stage]()
    for place, entry in placed:
        if stages and _go_together([*stages[-1][1], entry]):
            stages[-1][1].append(entry)
        else:
            stages.append((place, [entry]))
    return stages


def _go_together(entries: Sequence[Augmentation]) -> bool:
    """Whether they are geometry that shows the same beyond the edge, as far as it is seen."""
    moves = [entry for entry in entries if isinstance(entry, Geometry)]
    return len(moves) == len(entries) and len({move.edge for move in moves} - {None}) < 2


def _as_it_is(it: Any) -> Any:
    return it


def _compiled(function: Callable[..., Any]) -> Any:
    return tf.function(function, jit_compile=True, autograph=False)


def _in_bytes(images: Tensor) -> Tensor:
    return tf.cast(tf.round(images), tf.uint8)


def _only_mirrors(entries: Sequence[Augmentation]) -> bool:
    return all(isinstance(it, Geometry) and it.mirrored is not None for it in entries)


def _resampled(entries: Sequence[Augmentation], images: Tensor, matrices: Tensor) -> Tensor:
    """Neighbouring geometry at once."""
    moves = [entry for entry in entries if isinstance(entry, Geometry)]
    upright = all(move.upright for move in moves)
    return sample(tf.cast(images, tf.float32), matrices, edge_of(moves), upright=upright)


def _moved(moves: Sequence[Geometry], draws: Sequence[StepDraws], images: Tensor) -> Tensor:
    """The matrices [N, 3, 3] of `moves` one after another, for those images that draw them."""
    height, width = images.shape[1:3]
    total = tf.eye(3, batch_shape=[tf.shape(images)[0]])
    for move, drawn in zip(moves, draws, strict=True):
        matrices = move.matrices(height, width, drawn)
        mine = chosen(move, drawn)[:, None, None]
        total = _product(total, tf.where(mine, matrices, tf.eye(3)))
    return total


def _product(left: Tensor, right: Tensor) -> Tensor:
    """[N, 3, 3] · [N, 3, 3], without the rounding of hardware that multiplies matrices coarsely."""
    return tf.reduce_sum(left[:, :, :, None] * right[:, None, :, :], 2)


def _mixed(
    mixing: Mixing, draws: StepDraws, images: Tensor, targets: Tensor
) -> tuple[Tensor, Tensor]:
    partners = draws.partners()
    mixed, share = mixing.mix(images, tf.gather(images, partners), draws)
    mine = chosen(mixing, draws)
    share = tf.where(mine, share, 1.0)[:, None]
    images = tf.where(mine[:, None, None, None], tf.clip_by_value(mixed, 0, 255), images)
    return images, share * targets + (1 - share) * tf.gather(targets, partners)


def _changed(entry: Augmentation, draws: StepDraws, images: Tensor, rows: Tensor | None) -> Tensor:
    """The images in `rows`, or all, changed by a pixel augmentation or a policy."""
    images, draws = _rows(images, rows), draws if rows is None else draws.only(rows)
    if isinstance(entry, PixelAugmentation):
        return tf.clip_by_value(entry.augment(images, draws), 0, 255)
    if not isinstance(entry, Policy):
        raise TypeError(f"{entry.kind} is no augmentation that can be carried out")
    return tf.clip_by_value(entry.augment(images, draws, Choice(entry, draws)), 0, 255)


def _where(mine: Tensor, change: Callable[[Tensor | None], Tensor], others: Tensor) -> Tensor:
    """`others`, and in the places that are `mine` what `change` makes of those rows (None: of all).

    A graph must know its shapes beforehand and changes all. Without one, fewer take less time.
    """
    if not tf.executing_eagerly():
        return tf.where(mine[:, None, None, None], change(None), others)
    places = tf.cast(tf.where(mine), tf.int32)
    if not len(places):
        return others
    return tf.tensor_scatter_nd_update(others, places, change(places[:, 0]))


def _rows(tensor: Tensor, rows: Tensor | None) -> Tensor:
    return tensor if rows is None else tf.gather(tensor, rows)
