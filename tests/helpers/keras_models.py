"""Real Keras models as files: run as a process, cases in, files out.

A case is {"file": where it goes without its ending, "keras": whether as .keras, too} with either
{"plan": a network's plan, "probabilities": whether a softmax follows} or {"code": Python that makes
`model` with `keras`}.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def write_models(cases: Sequence[dict[str, Any]]) -> list[dict[str, int]]:
    """Write the models of `cases`; the trainable and all parameters of each."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.helpers.keras_models"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, int]] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _write(case: dict[str, Any]) -> dict[str, int]:
    import keras

    keras.backend.clear_session()
    model = _coded(case["code"]) if "code" in case else _planned(case)
    Path(f"{case['file']}.json").write_text(model.to_json())
    if case.get("keras"):
        model.save(f"{case['file']}.keras")
    trainable = sum(weight.value.shape.num_elements() for weight in model.trainable_weights)
    return {"trainable": trainable, "parameters": model.count_params()}


def _coded(code: str) -> Any:
    import keras

    names: dict[str, Any] = {"keras": keras, "layers": keras.layers}
    exec(code, names)  # noqa: S102 — the tests' own lines
    return names["model"]


def _planned(case: dict[str, Any]) -> Any:
    from imgclf_gui.plan import NetworkPlan
    from imgclf_gui.worker.network import build_network, with_probabilities

    network = build_network(NetworkPlan.model_validate(case["plan"]))
    return with_probabilities(network) if case["probabilities"] else network


if __name__ == "__main__":
    from imgclf_gui.worker import devices

    devices.tensorflow()
    print(json.dumps([_write(case) for case in json.load(sys.stdin)]))
