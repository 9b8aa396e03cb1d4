"""What Keras makes of a plan: asked of a process of its own, since tests stay free of TensorFlow.

A question is a line {"plan": NetworkPlan, "count_work": bool}, its answer a line {"layers": {name:
LayerFacts}, "multiply_adds": n}; the process ends with its input.
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
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"plan": plan.model_dump(mode="json"), "count_work": count_work}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "Keras could not build this plan: its words are on stderr"
        answer = json.loads(line)
        layers = {
            name: LayerFacts(tuple(fact.pop("shape")), **fact)
            for name, fact in answer["layers"].items()
        }
        return NetworkFacts(layers, answer["multiply_adds"])


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


def _facts(question: dict[str, Any]) -> dict[str, Any]:
    import keras

    from imgclf_gui.worker.network import build_network

    keras.utils.clear_session(free_memory=False)
    model = build_network(NetworkPlan.model_validate(question["plan"]))
    layers = {layer.name: asdict(_layer_facts(layer)) for layer in model.layers}
    work = multiply_adds_of(model) if question["count_work"] else None
    return {"layers": layers, "multiply_adds": work}


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
        print(json.dumps(_facts(json.loads(asked))), flush=True)
