"""What Keras makes of a plan: asked of a process of its own, since tests stay free of TensorFlow.

A question is a line {"plan": NetworkPlan, "asks": [...]}, its answer a line with a value for each
thing that it asks: "layers" {name: LayerFacts}, "work" the multiply-adds, "training" the losses.
The process ends with its input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

from imgclf_gui.core.entry import Shape
from imgclf_gui.plan import NetworkPlan

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
PRODUCTS = ("Conv2D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2")


@dataclass(frozen=True)
class LayerFacts:
    """Of one Keras layer: its output without the batch, and the numbers in its weights."""

    shape: Shape
    trainable: int
    not_trainable: int


@dataclass(frozen=True)
class NetworkFacts:
    """Of one Keras model: its layers by name, and the multiply-adds of one image if counted."""

    layers: dict[str, LayerFacts]
    multiply_adds: int | None = None


class KerasFacts:
    """The process; a context that ends it."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.keras_facts"],
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

    def of(self, plan: NetworkPlan, *, count_work: bool = False) -> NetworkFacts:
        """What Keras says of the network that the worker builds from `plan`."""
        answer = self._answer(plan, "layers", *["work"] if count_work else [])
        layers = {
            name: LayerFacts(tuple(fact.pop("shape")), **fact)
            for name, fact in answer["layers"].items()
        }
        return NetworkFacts(layers, answer.get("work"))

    def losses(self, plan: NetworkPlan) -> list[float]:
        """Of a few training steps on noise, as the worker makes them without XLA."""
        losses: list[float] = self._answer(plan, "training")["training"]
        return losses

    def _answer(self, plan: NetworkPlan, *asks: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"plan": plan.model_dump(mode="json"), "asks": asks}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "Keras could not do it: its words are on stderr"
        answer: dict[str, Any] = json.loads(line)
        return answer


def multiply_adds_of(model: Any) -> int:
    """Multiply-adds of one image's forward pass through a Keras model, as TensorFlow counts them.

    Half of the floating-point operations that its profiler has for convolutions and matrix
    products, also for those inside the functions that the model calls.
    """
    import tensorflow as tf
    from tensorflow.python.framework import ops  # the profiler does not look into functions

    pixels = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    traced = tf.function(lambda x: model(x, training=False)).get_concrete_function(pixels)

    def operations(graph: Any) -> Iterator[int]:
        for operation in graph.get_operations():
            if operation.type in CALLS:
                yield from operations(graph._get_function(operation.get_attr("f").name).graph)
            elif operation.type in PRODUCTS:
                yield ops.get_stats_for_node_def(graph, operation.node_def, "flops").value

    return int(sum(operations(traced.graph))) // 2


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    import keras

    from imgclf_gui.worker.network import build_network

    keras.utils.clear_session(free_memory=False)
    model = build_network(NetworkPlan.model_validate(question["plan"]))
    answers = {"layers": _layers, "work": multiply_adds_of, "training": _losses}
    return {ask: answers[ask](model) for ask in question["asks"]}


def _layers(model: Any) -> dict[str, Any]:
    return {layer.name: asdict(_layer_facts(layer)) for layer in model.layers}


def _losses(model: Any) -> list[float]:
    import keras
    import numpy as np

    from imgclf_gui.worker.data import Block
    from imgclf_gui.worker.steps import TrainingSteps

    steps, batch = 3, 4
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (steps, batch, *model.input_shape[1:]), dtype=np.uint8)
    labels = random.integers(0, model.output_shape[-1], (steps, batch), dtype=np.int32)
    training = TrainingSteps(model, keras.optimizers.SGD(1e-3), batch)
    rates = np.full(steps, 1e-3, np.float32)
    figures = training.run(Block(0, 0, pixels, labels), rates, jit_compile=False)
    return [float(loss) for loss in figures.losses]


def _layer_facts(layer: Any) -> LayerFacts:
    return LayerFacts(
        tuple(layer.output.shape[1:]),
        sum(weight.value.shape.num_elements() for weight in layer.trainable_weights),
        sum(weight.value.shape.num_elements() for weight in layer.non_trainable_weights),
    )


if __name__ == "__main__":
    from imgclf_gui.worker import devices

    devices.tensorflow()
    for asked in sys.stdin:
        print(json.dumps(_answer(json.loads(asked))), flush=True)
