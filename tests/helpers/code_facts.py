"""What Keras makes of scripts of the code view: run as a process, which answers with JSON lines.

The first has Keras's own defaults. A case is {"script": path, "plan": the plan it was made of}; its
facts say whether network, optimizer and learning rate are those that the worker makes of the plan.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.plan import Plan
from imgclf_gui.plan.code import script
from imgclf_gui.plan.code.calls import USUAL

COUNTS = (15, 5)
"""Images of the first two classes to train with."""


@dataclass(frozen=True)
class CodeFacts:
    """What Keras found."""

    scripts: dict[str, dict[str, Any]]
    """The facts of each script, by the plan's name."""
    defaults: dict[str, dict[str, Any]]
    """Keras's own, of what the code view leaves out."""


def code_facts(folder: Path, plans: Mapping[str, Plan]) -> CodeFacts:
    """The facts of the scripts of `plans`, from one process: TensorFlow's start takes long."""
    cases = []
    for number, plan in enumerate(plans.values()):
        path = folder / f"script_{number}.py"
        path.write_text(script(plan, folder), "utf-8")
        cases.append({"script": str(path), "plan": plan.model_dump(mode="json")})
    ended = subprocess.run(
        [sys.executable, "-m", "tests.helpers.code_facts"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    lines = [line for line in ended.stdout.splitlines() if line.startswith("{")]
    defaults, *scripts = map(json.loads, lines)
    return CodeFacts(dict(zip(plans, scripts, strict=True)), defaults)


def _fact(case: dict[str, Any]) -> dict[str, Any]:
    """Whether the script's network is the worker's: layers, weights at the start, answers."""
    import keras
    import numpy as np

    from imgclf_gui.worker.network import build_network

    plan, module = Plan.model_validate(case["plan"]), _module(Path(case["script"]))
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    ours = build_network(plan.network)
    keras.utils.set_random_seed(1)
    written = module.build_network()
    pixels = np.random.default_rng(0).integers(0, 256, (2, *plan.network.input_shape))
    answers = [np.asarray(network(pixels.astype("float32"))) for network in (ours, written)]
    weights = [np.array_equal(a, b) for a, b in zip(ours.weights, written.weights, strict=True)]
    return {
        "layers": _layers(ours) == _layers(written),
        "parameters": written.count_params() == plan.network.parameters,
        "weights": all(weights),
        "answers": bool(np.array_equal(answers[0], answers[1])),
        **_training(module, plan),
    }


def _layers(network: Any) -> list[Any]:
    """Classes and settings of the layers, without their names."""
    return [(type(layer).__name__, _nameless(layer.get_config())) for layer in network.layers]


def _nameless(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "name"}


class _Recorder:
    """Takes the place of a network, and remembers how it is to be trained."""

    def compile(self, **settings: Any) -> None:
        self.optimizer = settings["optimizer"]

    def fit(self, *arrays: Any, **settings: Any) -> None:
        self.arrays, self.settings = arrays, settings


def _training(module: ModuleType, plan: Plan) -> dict[str, Any]:
    """Whether `train` takes the optimizer and the learning rates of the plan, and the rest."""
    import numpy as np

    from imgclf_gui.worker.learning_rate import learning_rate

    labels = np.repeat(np.arange(len(COUNTS)), COUNTS)
    vars(module)["load"] = lambda images: (np.zeros((len(labels), 1)), labels)
    network, training = _Recorder(), plan.training
    module.train(network, {"train": [], "validation": []}, training.epochs)
    entry = catalog.load(training.optimizer, catalog.optimizer_entries())
    optimizer, ours = network.optimizer, entry.build(training.learning_rate)
    steps = -(-len(labels) // training.batch_size)
    rate, rates = learning_rate(training, steps), []
    for step in range(training.epochs * steps):
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    return {
        "optimizer": type(optimizer) is type(ours)
        and all(getattr(optimizer, name) == getattr(ours, name) for name in entry.model_dump()),
        "rates": np.allclose(rates, [rate(step) for step in range(len(rates))], rtol=1e-4),
        "class_weights": network.settings.get("class_weight"),
        "patience": network.settings["callbacks"][0].patience,
    }


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _defaults() -> dict[str, dict[str, Any]]:
    import keras

    found: dict[str, dict[str, Any]] = {}
    for name, usual in USUAL.items():
        called = getattr(keras.layers, name, None) or getattr(keras.optimizers, name)
        parameters = inspect.signature(called.__init__).parameters
        found[name] = {setting: parameters[setting].default for setting in usual}
    return found


if __name__ == "__main__":
    from imgclf_gui.worker import devices

    devices.tensorflow()
    print(json.dumps(_defaults()))
    for one in json.load(sys.stdin):
        print(json.dumps(_fact(one)), flush=True)
