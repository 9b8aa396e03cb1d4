"""What Keras makes of a pretrained backbone, in a process of its own: tests stay free of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgclf_gui.core.entry import PretrainedBackbone, Shape
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.plan import NetworkPlan, resolve_network


@dataclass(frozen=True)
class BackboneFacts:
    """Of the network that a backbone was trained in, built and filled from a weights file."""

    variables: Mapping[str, Shape]
    """The shape of each variable, by its name in the file."""
    classes: Sequence[Sequence[int]]
    """For each picture, the numbers of the classes, the most probable first."""


def trained_network(entry: PretrainedBackbone, side: int, classes: int) -> NetworkPlan:
    """The network that `entry` was trained in; a plain classifier stands in for one not told."""
    backbone = BlockSpec(kind="backbone", weights=entry.kind, blocks=entry.blocks())
    behind = entry.classifier() or (BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))
    plan, problems = resolve_network(
        NetworkSpec(blocks=(backbone, *behind)), (side, side, 3), classes
    )
    assert plan is not None, problems
    return plan


def backbone_facts(plan: NetworkPlan, weights: Path, pictures: Sequence[Path]) -> BackboneFacts:
    """Of `plan` with the arrays of the file `weights`, and of what it takes `pictures` for."""
    question = {
        "plan": plan.model_dump(mode="json"),
        "weights": str(weights),
        "pictures": [str(picture) for picture in pictures],
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.backbone_facts"],
        input=json.dumps(question),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    variables = {name: tuple(shape) for name, shape in answer["variables"].items()}
    return BackboneFacts(variables, answer["classes"])


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    from safetensors.numpy import load_file

    from imgclf_gui.worker.network import build_network

    network = build_network(NetworkPlan.model_validate(question["plan"]))
    variables = {name: variable for layer in network.layers for name, variable in _named(layer)}
    arrays = load_file(question["weights"])
    for name, variable in variables.items():
        if name in arrays and arrays[name].shape == tuple(variable.shape):
            variable.assign(arrays[name].astype("float32"))
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    return {"variables": shapes, "classes": _classes(network, question["pictures"])}


def _named(layer: Any) -> list[tuple[str, Any]]:
    """Each variable of a layer with its name in a file of weights."""
    inside = layer.name.startswith("block_00_00_")
    called = layer.name.removeprefix("block_00_00_") if inside else "classifier"
    return [(f"{called}/{weight.path.rpartition('/')[2]}", weight) for weight in layer.weights]


def _classes(network: Any, pictures: Sequence[str]) -> list[list[int]]:
    import numpy as np

    from imgclf_gui.core.images import decode, fit

    height, width, _ = network.input_shape[1:]
    pixels = np.stack([fit(decode(Path(name)), width, height, 3, "crop") for name in pictures])
    logits = network(pixels.astype("float32"), training=False)
    order: list[list[int]] = np.argsort(-np.asarray(logits), axis=1).tolist()
    return order


if __name__ == "__main__":
    from imgclf_gui.worker import devices

    devices.tensorflow()
    print(json.dumps(_answer(json.load(sys.stdin))), flush=True)
