"""Keras model configurations, written by hand: no Keras needed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Config = dict[str, Any]


def layer(kind: str, name: str, *sources: str, **settings: Any) -> Config:
    """A layer of a Functional model; of a Sequential one without sources."""
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {"shape": [None, 8, 8, 3], "keras_history": [source, 0, 0]},
        }
        for source in sources
    ]
    args = [tensors] if len(tensors) > 1 else tensors
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, "trainable": True, **settings},
        "registered_name": None,
        "name": name,
        "inbound_nodes": [{"args": args, "kwargs": {}}] if sources else [],
    }


PIXELS = layer("InputLayer", "pixels", batch_shape=[None, 8, 8, 3])


def functional(*layers: Config, end: str, **settings: Any) -> Config:
    """A Functional model of images of 8×8 pixels, whose input layer is called 'pixels'."""
    config = {
        "name": "functional",
        "layers": [PIXELS, *layers],
        "input_layers": ["pixels", 0, 0],
        "output_layers": [end, 0, 0],
        **settings,
    }
    return model("Functional", "keras.src.models.functional", config)


def sequential(*layers: Config) -> Config:
    """A Sequential model of images of 8×8 pixels."""
    config = {"name": "sequential", "layers": [PIXELS, *layers]}
    return model("Sequential", "keras", config)


def model(kind: str, module: str, config: Any) -> Config:
    """What stands around a model's configuration."""
    return {"module": module, "class_name": kind, "config": config, "registered_name": kind}


def row(layers: Iterable[tuple[str, Config]]) -> Config:
    """A Functional model of layers (class, settings) one behind the other: l0, l1 …"""
    made, last = [], "pixels"
    for index, (kind, settings) in enumerate(layers):
        made.append(layer(kind, f"l{index}", last, **settings))
        last = f"l{index}"
    return functional(*made, end=last)


def write_keras(path: Path, config: Any, **others: bytes) -> Path:
    """A .keras file with the configuration, and the files that a model saved by Keras has."""
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(100))
        for name, content in others.items():
            archive.writestr(name, content)
    return path
