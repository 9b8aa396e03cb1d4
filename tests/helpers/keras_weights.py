"""Weights files as Keras saves them, in a process of its own: tests stay free of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


class KerasSide:
    """The process, which is asked several times: TensorFlow's start takes long. A context."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.keras_weights"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def write_weights(self, folder: Path, name: str, preprocessing: str, **settings: Any) -> None:
        """Random weights of the application `name` as w.weights.h5, w.h5, w.keras in `folder`.

        pixels.npy are images of noise, features.npy what the network makes of them behind the
        `preprocess_input` of keras.applications.`preprocessing`.
        """
        self._ask({"folder": str(folder), "name": name, "pre": preprocessing, "settings": settings})

    def features_of(self, folder: Path, backbone: str) -> NDArray[np.float32]:
        """What the backbone of that id makes of the images in `folder`."""
        self._ask({"folder": str(folder), "backbone": backbone})
        found: NDArray[np.float32] = np.load(folder / "ours.npy")
        return found

    def says(
        self, folder: Path, published: Sequence[str], refused: Sequence[str]
    ) -> tuple[dict[str, list[str]], dict[str, str]]:
        """Address and hash ('' without one) of what Keras would download for each of `published`
        ('VGG16', 'MobileNetV2:0.35'); and why no blocks can be made of each of `refused`.

        Nothing is downloaded.
        """
        self._ask({"folder": str(folder), "published": list(published), "refused": list(refused)})
        asked, refusals = json.loads((folder / "said.json").read_text("utf-8"))
        return asked, refusals

    def _ask(self, question: dict[str, Any]) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        while line := self._process.stdout.readline():  # libraries print, too
            if line == DONE:
                return
        raise AssertionError("Keras's side ended; its standard error says why.")


DONE = "done\n"


def _write(folder: Path, name: str, pre: str, settings: dict[str, Any]) -> None:
    import keras

    model = getattr(keras.applications, name)(weights=None, include_top=False, **settings)
    generator = np.random.default_rng(1)
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([_drawn(weight, generator) for weight in layer.weights])
    model.save_weights(folder / "w.weights.h5")
    model.save(folder / "w.h5")
    model.save(folder / "w.keras")
    pixels = generator.uniform(0, 255, (2, *model.input_shape[1:])).astype("float32")
    ready = getattr(keras.applications, pre).preprocess_input(pixels.copy())
    np.save(folder / "pixels.npy", pixels)
    np.save(folder / "features.npy", np.asarray(model(ready, training=False)))


def _drawn(weight: Any, generator: np.random.Generator) -> NDArray[Any]:
    """Statistics and biases, too, are no longer those of a new network."""
    variable = weight.path.rpartition("/")[2]
    if "kernel" in variable:
        return np.asarray(weight.numpy())
    if "variance" in variable or "gamma" in variable:
        return np.asarray(generator.uniform(0.5, 1.5, weight.shape))
    return np.asarray(generator.normal(0, 0.2, weight.shape))


def _features(folder: Path, backbone: str) -> None:
    import keras

    from imgclf_gui.core.spec import BlockSpec, NetworkSpec
    from imgclf_gui.plan import resolve_network
    from imgclf_gui.plan.backbones import find_backbone
    from imgclf_gui.worker.backbones import load_backbones
    from imgclf_gui.worker.network import BlockEnds, build_network

    pixels = np.load(folder / "pixels.npy")
    holder = BlockSpec(kind="backbone", weights=backbone, blocks=find_backbone(backbone).blocks)
    behind = (BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))
    plan, problems = resolve_network(NetworkSpec(blocks=(holder, *behind)), pixels.shape[1:], 2)
    assert plan is not None, problems
    ends: BlockEnds = {}
    network = build_network(plan, ends)
    load_backbones(network, plan)
    extractor = keras.Model(network.input, ends["block_00_backbone"])
    np.save(folder / "ours.npy", np.asarray(extractor(pixels, training=False)))


class _Stopped(Exception):  # noqa: N818 — it is meant
    pass


def _asked_for(application: str) -> tuple[str, str]:
    """What Keras would download."""
    import keras
    from keras.src.utils import file_utils

    found = []

    def get_file(_name: str, origin: str, **settings: Any) -> None:
        found.append((origin, settings.get("file_hash") or ""))
        raise _Stopped

    file_utils.get_file = get_file
    name, _, alpha = application.partition(":")
    settings = {"alpha": float(alpha)} if alpha else {}
    with suppress(_Stopped):
        getattr(keras.applications, name)(
            weights="imagenet", include_top=False, input_shape=(224, 224, 3), **settings
        )
    (one,) = found
    return one


def _refusal(name: str) -> str:
    """Why no blocks can be made of it."""
    import keras

    from imgclf_gui.plan.keras_file import Refused, feature_blocks

    build = getattr(keras.applications, name)
    model = build(weights=None, include_top=False, input_shape=(224, 224, 3))
    try:
        feature_blocks(json.loads(model.to_json()))
    except Refused as refused:
        return refused.reason
    return ""


def _answer(question: dict[str, Any]) -> None:
    folder = Path(question["folder"])
    if "published" in question:
        said = [
            {one: ask(one) for one in question[key]}
            for key, ask in (("published", _asked_for), ("refused", _refusal))
        ]
        (folder / "said.json").write_text(json.dumps(said), "utf-8")
    elif "backbone" in question:
        _features(folder, question["backbone"])
    else:
        _write(folder, question["name"], question["pre"], question["settings"])


if __name__ == "__main__":
    from imgclf_gui.worker import devices

    devices.tensorflow()
    for asked in sys.stdin:
        _answer(json.loads(asked))
        print(DONE, end="", flush=True)
