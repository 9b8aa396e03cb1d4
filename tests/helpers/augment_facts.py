"""Compares augmentation with itself, in every way that it is carried out.

Run as a process with names of functions below; prints one JSON object with what each found.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.worker import devices
from imgclf_gui.worker.data import BlockReader, BlockStream, Examples

STEPS = (
    EntrySpec(kind="flip-horizontal"),
    EntrySpec(kind="rotation", degrees=20, probability=0.7),
    EntrySpec(kind="brightness"),
    EntrySpec(kind="trivial-augment", probability=0.5),
)
MIXING = (*STEPS, EntrySpec(kind="mix-up", alpha=1.0, probability=0.8))
SHAPE = (13, 10, 3)
BATCH, CLASSES, SEED = 16, 5, 3
FOREVER = 1 << 40
"""So many images that XLA is worth it."""


def examples(images: int) -> Examples:
    """Always the same."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (images, *SHAPE), dtype=np.uint8)
    return Examples(pixels, random.integers(0, CLASSES, images, dtype=np.int32))


def augmenter(steps: tuple[EntrySpec, ...] = MIXING, seed: int = SEED) -> Any:
    """Of batches."""
    from imgclf_gui.worker.augment import Augmenter

    return Augmenter(steps, CLASSES, seed)


def block_augmenter(
    images: int = 0, steps: tuple[EntrySpec, ...] = MIXING, warn: Callable[[str], None] = print
) -> Any:
    """Of blocks, for a run of that many images."""
    from imgclf_gui.worker.augment_blocks import BlockAugmenter

    return BlockAugmenter(augmenter(steps), SHAPE, BATCH, images=images, warn=warn)


def epochs(reader: BlockReader, steps: int, count: int = 2) -> list[Any]:
    """Pixels and labels of whole epochs, read ahead in blocks of `steps`."""
    seen = []
    with BlockStream(reader, epochs=count) as stream:
        for epoch in range(count):
            step = 0
            while step < reader.steps_per_epoch:
                block = stream.take(epoch, step, steps)
                step += block.steps
                for pixels, labels in zip(block.pixels, block.labels, strict=True):
                    seen += [pixels, labels]
    return seen


def same(left: list[Any], right: list[Any]) -> bool:
    """Whether all arrays are equal in every bit."""
    return all(
        a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
        for a, b in zip(left, right, strict=True)
    )


def apart(one: Any, other: Any) -> dict[str, float]:
    """How far two results (pixels, labels) are from each other."""
    pixels, targets = ([np.asarray(part) for part in pair] for pair in zip(one, other, strict=True))
    levels = np.abs(pixels[0].astype(int) - pixels[1].astype(int))
    return {
        "share": float((levels > 0).mean()),
        "levels": float(levels.max()),
        "labels": float(np.abs(targets[0] - targets[1]).max()),
    }


def reading() -> dict[str, Any]:
    """Blocks of a run: how they are grouped does not matter, with a rest and with XLA too."""
    data = examples(4 * BATCH + 5)
    facts: dict[str, Any] = {}
    for name, images in (("plain", 0), ("xla", FOREVER)):
        augment = block_augmenter(images)
        reader = BlockReader(data, BATCH, 1, augment)
        alone, grouped = epochs(reader, 1), epochs(reader, 3)
        facts[name] = {
            "grouping": same(alone, grouped),
            "again": same(alone, epochs(BlockReader(data, BATCH, 1, block_augmenter(images)), 4)),
            "block": [part.shape for part in augment(data.pixels[None], data.labels[None], 0)],
        }
        first = reader.read(1, 2, 2)
        facts[name]["anywhere"] = same([first.pixels[1], first.labels[1]], alone[2 * 8 : 2 * 8 + 2])
        facts[name]["sums"] = float(np.abs(first.labels.sum(-1) - 1).max())
        facts[name]["mixed"] = float((first.labels.max(-1) < 1).mean())
        facts[name]["epochs differ"] = not same(alone[:2], alone[2 * 5 : 2 * 5 + 2])
    return facts


def ways() -> dict[str, Any]:
    """Eagerly, in a graph, in tf.data, by XLA as a whole and in stages as in a run."""
    tf = devices.tensorflow()
    data = examples(BATCH)
    batch = (tf.constant(data.pixels), tf.constant(data.labels))
    act = augmenter().augment
    eager = act(*batch, 7)
    graph = tf.function(act, autograph=False)(*batch, tf.constant(7))
    compiled = tf.function(act, autograph=False, jit_compile=True)(*batch, tf.constant(7))
    stages = tf.function(partial(act, compiled=True), autograph=False)(*batch, tf.constant(7))
    unbatched = tf.data.Dataset.from_tensor_slices(batch).batch(BATCH)
    mapped = unbatched.map(lambda pixels, labels: act(pixels, labels, tf.constant(7)))
    others = {"graph": graph, "xla": compiled, "stages": stages, "tf.data": next(iter(mapped))}
    facts: dict[str, Any] = {name: apart(eager, other) for name, other in others.items()}
    again, other_seed = augmenter().augment(*batch, 7), augmenter(seed=4).augment(*batch, 7)
    facts["again"] = apart(eager, again)
    facts["seed"], facts["step"] = apart(eager, other_seed), apart(eager, act(*batch, 8))
    alone = augmenter(STEPS)
    few = alone.augment(batch[0][:4], batch[1][:4], 7)
    facts["few"] = apart(few, [part[:4] for part in alone.augment(*batch, 7)])
    facts["changed"] = apart(eager, (data.pixels, eager[1]))["share"]
    return facts


def large() -> dict[str, Any]:
    """Images so large that policies change one at a time: in a graph and eagerly."""
    tf = devices.tensorflow()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 900, 800, 3), dtype=np.uint8)
    batch = (tf.constant(pixels), tf.zeros(3, tf.int32))
    act = augmenter((EntrySpec(kind="trivial-augment"),)).augment
    eager, graph = act(*batch, 7), tf.function(act, autograph=False)(*batch, tf.constant(7))
    return {**apart(eager, graph), "changed": apart(eager, batch)["share"]}


def strategy() -> dict[str, Any]:
    """Two virtual CPUs, each augmenting and training on its part of a distributed pipeline."""
    tf = devices.tensorflow()
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    data, act = examples(4 * BATCH), augmenter().augment
    with mirrored.scope():
        weights = tf.Variable(tf.zeros((int(np.prod(SHAPE)), CLASSES)))

    def batch(step: Any, images: Any) -> Any:
        return act(*images, step)

    pipeline = tf.data.Dataset.from_tensor_slices((data.pixels, data.labels)).batch(BATCH)
    pipeline = pipeline.enumerate().map(batch).prefetch(1)
    pipeline = mirrored.experimental_distribute_dataset(pipeline)

    def train(pixels: Any, labels: Any) -> Any:
        images = tf.reshape(tf.cast(pixels, tf.float32), (-1, weights.shape[0])) / 255
        with tf.GradientTape() as tape:
            logits = tf.matmul(images, weights)
            losses = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.nn.compute_average_loss(losses, global_batch_size=BATCH)
        weights.assign_sub(tape.gradient(loss, weights))
        return loss

    seen, losses = [], []
    for inputs in pipeline:
        parts = [mirrored.experimental_local_results(part) for part in inputs]
        seen.append([np.concatenate([part.numpy() for part in copies]) for copies in parts])
        loss = mirrored.run(train, inputs)
        losses.append(float(mirrored.reduce("sum", loss, axis=None)))
    alone = [
        act(data.pixels[start : start + BATCH], data.labels[start : start + BATCH], step)
        for step, start in enumerate(range(0, len(data), BATCH))
    ]
    distances = [apart(one, other) for one, other in zip(seen, alone, strict=True)]
    return {
        "replicas": mirrored.num_replicas_in_sync,
        "share": max(distance["share"] for distance in distances),
        "levels": max(distance["levels"] for distance in distances),
        "labels": max(distance["labels"] for distance in distances),
        "losses": losses,
        "moved": float(np.abs(weights.numpy()).max()),
    }


def probability() -> dict[str, Any]:
    """Which images of 40 batches are flipped."""
    flips = augmenter((EntrySpec(kind="flip-horizontal", probability=0.3),))
    data = examples(64)
    changed = np.array(
        [
            (flips.augment(data.pixels, data.labels, step)[0].numpy() != data.pixels).any((1, 2, 3))
            for step in range(40)
        ]
    )
    return {
        "share": float(changed.mean()),
        "steps": [float(share) for share in changed.mean(1)],
        "images": [float(share) for share in changed.mean(0)],
    }


def fallback() -> dict[str, Any]:
    """What XLA does not know is carried out without it, and said once."""
    tf = devices.tensorflow()
    said: list[str] = []
    augment = block_augmenter(FOREVER, STEPS, said.append)
    plain = block_augmenter(0, STEPS)

    def unknown(pixels: Any, labels: Any, step: Any) -> Any:
        back = tf.numpy_function(lambda values: values, [pixels], tf.uint8)
        return augmenter(STEPS).augment(tf.ensure_shape(back, pixels.shape), labels, step)

    compiled = tf.function(unknown, jit_compile=True, autograph=False)
    augment._whole = augment._compiled(compiled, BATCH)
    data = examples(2 * BATCH)
    block = (data.pixels.reshape(2, BATCH, *SHAPE), data.labels.reshape(2, BATCH), 0)
    results = [augment(*block), augment(*block)]
    return {"said": said, "same": all(same(list(it), list(plain(*block))) for it in results)}


def loss() -> dict[str, Any]:
    """Mixed classes against Keras's CategoricalCrossentropy, and weighted against unmixed ones."""
    tf = devices.tensorflow()
    import keras

    from imgclf_gui.worker.steps import TrainingSteps

    random = np.random.default_rng(2)
    hard = random.integers(0, CLASSES, BATCH, dtype=np.int32)
    shares = random.dirichlet(np.ones(CLASSES), BATCH).astype(np.float32)
    sure = np.eye(CLASSES, dtype=np.float32)[hard]
    logits = tf.Variable(random.normal(size=(BATCH, CLASSES)).astype(np.float32) * 4)
    weights = [0.5, 1.0, 2.0, 0.0, 3.0]

    def ours(labels: Any, factors: list[float] | None = None) -> Any:
        inputs = keras.Input(SHAPE)
        network = keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.Flatten()(inputs)))
        steps = TrainingSteps(network, keras.optimizers.SGD(), BATCH, factors, mixed=True)
        return graded(lambda: steps.loss(tf.constant(labels), logits)[0])

    def graded(of: Callable[[], Any]) -> Any:
        with tf.GradientTape() as tape:
            value = of()
        return np.append(tape.gradient(value, logits).numpy(), value.numpy())

    theirs = graded(
        lambda: keras.losses.CategoricalCrossentropy(from_logits=True)(shares, logits.value())
    )
    weighted = -(shares * weights * tf.nn.log_softmax(logits).numpy()).sum(1).mean()
    return {
        "to keras": float(np.abs(ours(shares) - theirs).max()),
        "to unmixed": float(np.abs(ours(sure) - ours(hard)).max()),
        "weighted to unmixed": float(np.abs(ours(sure, weights) - ours(hard, weights)).max()),
        "weighted": float(abs(ours(shares, weights)[-1] - weighted)),
    }


def main(names: list[str]) -> None:
    """Find out, and print."""
    devices.tensorflow()
    every = (reading, ways, large, strategy, probability, fallback, loss)
    facts = {fact.__name__: fact for fact in every}
    print(json.dumps({name: facts[name]() for name in names}))


if __name__ == "__main__":
    main(sys.argv[1:])
