"""What the first step of a run shows of its blocks, by Keras and numpy alone.

Run as a process with the run's folder and its project's; prints one JSON list of a row for each
watched block: mean, spread, dead, gradient, update.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np


def facts(run: Path, project: Path) -> list[list[float | None]]:
    """The rows, from a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.helpers.watch_facts", str(run), str(project)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    rows: list[list[float | None]] = json.loads(ended.stdout.splitlines()[-1])
    return rows


def main(run: Path, project: Path) -> None:
    """Train one step as Keras's guide does, and look at everything in numpy."""
    from imgclf_gui.worker import devices

    tf = devices.tensorflow()
    import keras

    from imgclf_gui.core.project import Project
    from imgclf_gui.plan.watch import watched_blocks
    from imgclf_gui.worker.data import BlockReader
    from imgclf_gui.worker.recipes import drawn_network, examples, make_recipe, prepare_pixels
    from imgclf_gui.worker.run import read_plan

    plan = read_plan(run)
    cache = prepare_pixels(Project.open(project), plan, lambda event: None, lambda: False)
    assert cache is not None
    network = drawn_network(plan, plan.network)
    recipe = make_recipe(plan, network, examples(cache, "train"), examples(cache, "validation"))
    network, optimizer = recipe.network, recipe.optimizer
    watched = watched_blocks(plan.network)
    inside = [network.get_layer(block.output).output for block in watched]
    looking = keras.Model(network.input, [network.output, *inside])
    first = BlockReader(recipe.train, recipe.batch_size, recipe.seed).read(0, 0, 1)
    with tf.GradientTape() as tape:
        logits, *outputs = looking(first.pixels[0].astype(np.float32), training=True)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        value = loss(first.labels[0], logits)
    weights = network.trainable_variables
    gradients = dict(zip([w.path for w in weights], tape.gradient(value, weights), strict=True))
    before = {w.path: w.numpy() for w in weights}
    optimizer.learning_rate = recipe.rate(0)
    optimizer.apply([gradients[w.path] for w in weights], weights)
    rows = []
    for block, output in zip(watched, outputs, strict=True):
        own = [w for name in block.layers for w in network.get_layer(name).trainable_weights]
        kernels = [w for w in own if w.path.endswith("kernel")]
        rows.append(
            [
                *_activation(output.numpy(), block.silenced),
                _norm([gradients[w.path].numpy() for w in own]),
                _ratio(
                    [w.numpy() - before[w.path] for w in kernels], [before[w.path] for w in kernels]
                ),
            ]
        )
    print(json.dumps(rows))


def _activation(values: Any, silenced: bool) -> tuple[float, float, float | None]:
    channels = values.reshape(-1, values.shape[-1])
    dead = float(np.mean([(channel <= 0).all() for channel in channels.T])) if silenced else None
    return float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64)), dead


def _norm(arrays: list[Any]) -> float | None:
    return (
        float(np.sqrt(sum((a.astype(np.float64) ** 2).sum() for a in arrays))) if arrays else None
    )


def _ratio(changes: list[Any], kernels: list[Any]) -> float | None:
    change, size = _norm(changes), _norm(kernels)
    return None if change is None or size is None else change / size


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
