"""Policies: on each image the operations that were drawn for it, and on none any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod

import tensorflow as tf

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import (
    Augmentation,
    Fill,
    Geometry,
    PixelAugmentation,
    Policy,
    Tensor,
)
from imgclf_gui.worker.draws import StepDraws
from imgclf_gui.worker.sampling import sample

PART_IMAGES, PART_VALUES = 8, 1 << 21
"""Images, or values of their pixels, that are changed by one operation at a time, where shapes must
be known beforehand: of each operation up to so many are changed in vain, and take memory."""

Change = Callable[[Tensor], Tensor]
"""From places in the batch, int32 [M], to what becomes of those images."""


class Choice:
    """Carries out operations of a policy, on each image those that it names."""

    def __init__(self, policy: Policy, draws: StepDraws) -> None:
        entries = catalog.augmentation_entries()
        self._entries: list[tuple[int, Augmentation]] = [
            (number, catalog.load(step, entries)) for number, step in enumerate(policy.operations())
        ]
        self._draws = draws
        self._calls = 0

    def __call__(self, images: Tensor, indices: Tensor) -> Tensor:
        """A loop, which XLA compiles once and which computes no operation twice in its fusions."""
        self._calls += 1
        call, turns = self._draws.inside(self._calls), indices.shape[1]

        def turn(number: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
            changed = self._one(images, indices[:, number], call.turn(number))
            return number + 1, tf.ensure_shape(changed, images.shape)

        start = (tf.constant(0), images)
        return tf.while_loop(lambda number, _: number < turns, turn, start)[1]

    def _one(self, images: Tensor, index: Tensor, draws: StepDraws) -> Tensor:
        moves, moved = self._moves(images, index, draws)
        changes, which = [moves], tf.where(moved, 0, -1)
        for number, entry in self._entries:
            if isinstance(entry, PixelAugmentation) and (
                images.shape[-1] == 3 or not entry.needs_colour
            ):
                drawn = draws.inside(number)
                which = tf.where((index == number) & chosen(entry, drawn), len(changes), which)
                changes.append(_change(entry, drawn, images))
        if tf.executing_eagerly():
            return _by_operation(images, which, changes)
        return _in_parts(images, which, changes)

    def _moves(self, images: Tensor, index: Tensor, draws: StepDraws) -> tuple[Change, Tensor]:
        """All that move pixels as one change, and bool [N]: which images are moved."""
        height, width = images.shape[1:3]
        matrices = tf.eye(3, batch_shape=[tf.shape(images)[0]])
        moved = tf.zeros_like(index, tf.bool)
        moves = [(number, e) for number, e in self._entries if isinstance(e, Geometry)]
        for number, entry in moves:
            drawn = draws.inside(number)
            mine = (index == number) & chosen(entry, drawn)
            found = entry.matrices(height, width, drawn)
            matrices, moved = tf.where(mine[:, None, None], found, matrices), moved | mine
        fill = edge_of([move for _, move in moves])
        return lambda rows: sample(tf.gather(images, rows), tf.gather(matrices, rows), fill), moved


def chosen(entry: Augmentation, draws: StepDraws) -> Tensor:
    """bool [N]: whether an image is changed, by the entry's probability."""
    return draws.inside(0).uniform() < entry.probability


def _change(entry: PixelAugmentation, draws: StepDraws, images: Tensor) -> Change:
    def change(rows: Tensor) -> Tensor:
        changed = entry.augment(tf.gather(images, rows), draws.only(rows))
        return tf.clip_by_value(changed, 0, 255)

    return change


def _by_operation(images: Tensor, which: Tensor, changes: Sequence[Change]) -> Tensor:
    """`which` of the changes (-1: none) made to each image: eagerly, where any number will do."""
    result = images
    for number, change in enumerate(changes):
        places = tf.cast(tf.where(which == number), tf.int32)
        if len(places):
            result = tf.tensor_scatter_nd_update(result, places, change(places[:, 0]))
    return result


def _in_parts(images: Tensor, which: Tensor, changes: Sequence[Change]) -> Tensor:
    """The same in a graph: a loop over parts of a few images that have an operation in common.

    Images stand in a row by their operations, and each operation begins a part.
    """
    part_images = max(1, min(PART_IMAGES, PART_VALUES // prod(images.shape[1:])))
    operations = tf.range(len(changes))
    mine = tf.cast(which[:, None] == operations, tf.int32)
    parts = -(-tf.reduce_sum(mine, 0) // part_images)
    begin = tf.cumsum(parts, exclusive=True)
    before = tf.reduce_sum(mine * tf.cumsum(mine, exclusive=True), 1)
    place = before + part_images * tf.gather(begin, tf.maximum(which, 0))

    count = images.shape[0] or tf.shape(images)[0]
    most = count // part_images + len(changes)
    rows = tf.zeros(part_images * most + 1, tf.int32)
    nowhere = tf.where(which < 0, part_images * most, place)
    rows = tf.tensor_scatter_nd_update(rows, nowhere[:, None], tf.range(count))
    rows = tf.reshape(rows[:-1], (most, part_images))

    def part(number: Tensor, made: tf.TensorArray) -> tuple[Tensor, tf.TensorArray]:
        operation = tf.reduce_sum(tf.cast(begin + parts <= number, tf.int32))
        made_by = [partial(change, rows[number]) for change in changes]
        changed = tf.switch_case(operation, made_by)
        return number + 1, made.write(number, changed)

    shape = (part_images, *images.shape[1:])
    made = tf.TensorArray(tf.float32, size=most, element_shape=shape)
    total = tf.reduce_sum(parts)
    _, made = tf.while_loop(lambda number, _: number < total, part, (tf.constant(0), made))
    changed = tf.reshape(made.stack(), (-1, *images.shape[1:]))
    changed = tf.gather(changed, tf.minimum(place, part_images * most - 1))
    return tf.where((which < 0)[:, None, None, None], images, changed)


def edge_of(moves: Sequence[Geometry]) -> Fill:
    """What is seen beyond the edge by the first of `moves` that brings it into sight."""
    found: Fill = "edge"
    return next((move.edge for move in moves if move.edge is not None), found)
