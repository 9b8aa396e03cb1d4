"""What Keras makes of blocks: run as a process, cases in, facts out, one JSON text each.

A case is {"block": entry, "shape": [...], "classes": n}; its facts are the output shape without
the batch, and the numbers of trainable and other parameters.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any


def facts(cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The facts of `cases`, from a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.helpers.keras_facts"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _fact(case: dict[str, Any]) -> dict[str, Any]:
    import keras

    from imgclf_gui import catalog
    from imgclf_gui.core.entry import BlockInput
    from imgclf_gui.core.spec import BlockSpec
    from imgclf_gui.worker.network import apply_layers

    block = catalog.load(BlockSpec.model_validate(case["block"]), catalog.block_entries())
    pixels = keras.Input(case["shape"])
    inputs = BlockInput(tuple(case["shape"]), case["classes"])
    output = apply_layers(block.layers(inputs), pixels, (), "block")
    model = keras.Model(pixels, output)
    return {
        "shape": list(model.output_shape[1:]),
        "trainable": sum(weight.value.shape.num_elements() for weight in model.trainable_weights),
        "not_trainable": sum(
            weight.value.shape.num_elements() for weight in model.non_trainable_weights
        ),
        "names": [layer.name for layer in model.layers[1:]],
    }


if __name__ == "__main__":
    from imgclf_gui.worker import devices

    devices.tensorflow()
    print(json.dumps([_fact(case) for case in json.load(sys.stdin)]))
