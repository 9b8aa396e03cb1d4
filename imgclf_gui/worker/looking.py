"""What the built-in classifier sees in an image file: its features, and what it takes it for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.images import decode, fit
from imgclf_gui.plan.builtin import built_in_plan, find_built_in
from imgclf_gui.worker.backbones import classifier_network
from imgclf_gui.worker.data import Pixels

SURE = 0.3
"""A less probable answer says nothing: of drawings it would be a wild guess."""


@dataclass(frozen=True)
class Decoded:
    """Some files: the pixels of those that can be read, and why the others cannot."""

    files: tuple[Path, ...]
    pixels: tuple[Pixels, ...]
    """Each uint8 [224, 224, 3]."""
    unreadable: tuple[tuple[str, str], ...]


class Looker:
    """The built-in classifier as a compiled function with both answers."""

    def __init__(self) -> None:
        """Load and compile it.

        Raises:
            UserError: `use.backbone`, `backbone.damaged`.
        """
        plan = built_in_plan(find_built_in().id)
        self._data = plan.data
        network = classifier_network(plan.network)
        last = network.layers[-1]
        both = keras.Model(network.input, [last.input, network.output])

        def look(pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            features, logits = both(tf.cast(pixels, tf.float32), training=False)
            shares = tf.nn.softmax(logits)
            return features, tf.argmax(shares, axis=1), tf.reduce_max(shares, axis=1)

        signature = [tf.TensorSpec((None, *plan.network.input_shape), tf.uint8)]
        self._look = tf.function(look, input_signature=signature, autograph=False)

    def decode(self, files: Sequence[Path]) -> Decoded:
        """Read the files, cropped to the size that the classifier knows; any thread may."""
        good, pixels, bad = list[Path](), list[Pixels](), list[tuple[str, str]]()
        data = self._data
        for file in files:
            try:
                image = fit(decode(file), data.width, data.height, data.channels, data.fit)
            except UserError as error:
                bad.append((str(file), error.report.message))
            else:
                good.append(file)
                pixels.append(image)
        return Decoded(tuple(good), tuple(pixels), tuple(bad))

    def look(self, pixels: Sequence[Pixels]) -> tuple[NDArray[np.float32], list[str]]:
        """Features float32 [N, values], and the most probable class of each image.

        It is empty where the classifier is not sure.
        """
        features, places, shares = self._look(np.stack(pixels))
        labels = self._data.labels
        answers = [
            labels[place] if share >= SURE else ""
            for place, share in zip(places.numpy(), shares.numpy(), strict=True)
        ]
        return features.numpy(), answers
