"""The function that augments: Keras's nearest layers, and what there is none for as a comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Augmentation, Mixing
from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.plan.code.calls import arguments
from imgclf_gui.plan.code.text import WIDTH, bracketed, comment
from imgclf_gui.plan.plan import Plan

_HEAD = '''\
def build_augmentation():
    """Random changes of a batch of training images, 0 to 255.

    Keras's nearest layers: they draw other numbers than the app does, and change every image
    (RandomFlip: every second), where the app changes the share that the comments name.
    """'''

DATASET = """\
    augmentation = build_augmentation()
    training = tf.data.Dataset.from_tensor_slices((pixels, labels))
    training = training.shuffle(len(labels), seed=SEED).batch(BATCH_SIZE)
    training = training.map(
        lambda batch, truth: (augmentation(tf.cast(batch, "float32"), training=True), truth),
        num_parallel_calls=tf.data.AUTOTUNE,
    ).prefetch(tf.data.AUTOTUNE)"""
"""In `train`: the batches, as they are trained on."""


def augmentation_function(plan: Plan) -> str:
    """`def build_augmentation():`, which returns a Keras model of layers; empty without any.

    Raises:
        UserError: the plan names an augmentation that this installation lacks.
    """
    if not plan.augmentation:
        return ""
    entries = [catalog.load(step, catalog.augmentation_entries()) for step in plan.augmentation]
    lines = [line for entry in entries for line in _lines(entry, plan)]
    if not any(_layers(entry, plan) for entry in entries):
        lines += _calls([KerasLayer("Identity")])  # Keras runs no model without layers
    return "\n".join(
        (_HEAD, "    return keras.Sequential(", "        [", *lines, "        ]", "    )")
    )


def _lines(entry: Augmentation, plan: Plan) -> list[str]:
    if not entry.acts_on(plan.data.channels):
        return []
    if isinstance(entry, Mixing):
        return [_note(f"{entry.title} is left out: it mixes the classes of images, too.")]
    layers = _layers(entry, plan)
    if not layers:
        return [_note(f"{entry.title} is left out: Keras has nothing like it.")]
    said = [entry.title, entry.brief()]
    if entry.probability < 1 and "probability" not in entry.strengths:
        said.append(f"{100 * entry.probability:g} % of the images")
    return [_note(", ".join(filter(None, said))), *_calls(layers)]


def _layers(entry: Augmentation, plan: Plan) -> Sequence[KerasLayer]:
    """Keras's nearest, if it has any and the image is all they change."""
    if isinstance(entry, Mixing) or not entry.acts_on(plan.data.channels):
        return ()
    return entry.keras_layers(plan.data.height, plan.data.width) or ()


def _calls(layers: Sequence[KerasLayer]) -> list[str]:
    return [
        line
        for layer in layers
        for line in bracketed(
            f"layers.{layer.layer}(", arguments(layer.layer, _short(layer.settings)), "),", 12
        )
    ]


def _short(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Without digits that come from turning percent into factors."""

    def short(value: Any) -> Any:
        if isinstance(value, tuple | list):
            return type(value)(map(short, value))
        return float(f"{value:.5g}") if isinstance(value, float) else value

    return {name: short(value) for name, value in settings.items()}


def _note(text: str) -> str:
    return f"            # {comment(text, WIDTH - 14)}"
