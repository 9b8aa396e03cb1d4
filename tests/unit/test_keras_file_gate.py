"""Hostile Keras files: each is refused by name and reason, in a moment, and nothing is executed."""

from __future__ import annotations

import io
import json
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.plan.network_file import read_network
from tests.helpers.keras_configs import (
    PIXELS,
    Config,
    functional,
    layer,
    model,
    row,
    sequential,
    write_keras,
)
from tests.helpers.refusals import refusal
from tests.helpers.timing import within

CONV: Config = {"filters": 4, "kernel_size": [3, 3], "padding": "same"}


def _from(module: Any, kind: str = "Dense", **others: Any) -> Config:
    """A model with one layer that claims to be of `module`."""
    strange = {**layer(kind, "strange", "pixels", units=3), "module": module, **others}
    return functional(strange, end="strange")


def _inside(value: Any) -> Config:
    """A model with `value` deep in the settings of a layer."""
    return functional(layer("Conv2D", "c", "pixels", **CONV, deep=[{"a": [value]}]), end="c")


def _crossing() -> Config:
    """Two lanes, each of which feeds two of the three that follow."""
    return functional(
        layer("Conv2D", "a", "pixels", **CONV),
        layer("Conv2D", "b", "pixels", **CONV),
        layer("Add", "x", "a", "b"),
        layer("Add", "y", "x", "a"),
        end="y",
    )


def _deep_lanes(depth: int, inmost: str = "ReLU", **settings: Any) -> Config:
    """Lanes inside lanes, around a layer of the class `inmost`."""
    layers, source = [], "pixels"
    for index in range(depth):
        layers.append(layer("ReLU", f"down{index}", source))
        source = f"down{index}"
    layers.append(layer(inmost, "inmost", source, **settings))
    source = "inmost"
    for index in reversed(range(depth)):
        outside = f"down{index - 1}" if index else "pixels"
        layers.append(layer("Add", f"up{index}", source, outside))
        source = f"up{index}"
    return functional(*layers, end=source)


def _twice() -> Config:
    twice = layer("Conv2D", "twice", "pixels", **CONV)
    twice["inbound_nodes"] *= 2
    return functional(twice, end="twice")


def _deep(depth: int) -> Config:
    """Models inside models."""
    found = sequential(layer("ReLU", "r"))
    for _ in range(depth):
        found = sequential({**found, "name": "inner"})
    return found


CONFIGS: dict[str, tuple[Any, str]] = {
    "Lambda": (sequential(layer("Lambda", "evil", function="x")), "Lambda called 'evil'"),
    "Lambda inside": (_inside({"class_name": "__lambda__", "config": {"value": "YQ=="}}), "code"),
    "TFSMLayer": (
        sequential(layer("TFSMLayer", "evil", filepath="/tmp/evil")),  # noqa: S108
        "TFSMLayer called 'evil', which loads a program",
    ),
    "TFSMLayer as an activation": (
        _inside({"class_name": "TFSMLayer", "config": {"filepath": "x"}}),
        "TFSMLayer",
    ),
    "a function": (
        _inside({"module": "builtins", "class_name": "function", "config": "exec"}),
        "names a function",
    ),
    "a module's function": (
        _from("keras.layers", "Dense", config={"units": 3, "activation": {"class_name": "f"}}),
        "activation",
    ),
    "os": (_from("os", "system"), "'os', which is none of Keras's layers"),
    "a class of ones own": (_from("my_package.layers"), "'my_package.layers'"),
    "a module of Keras that runs programs": (_from("keras.src.utils.file_utils"), "file_utils"),
    "a module that is a list": (_from(["keras", "layers"]), "['keras', 'layers']"),
    "a registered class": (
        _from("keras.layers", registered_name="Package>Mine"),
        "registered as 'Package>Mine'",
    ),
    "a class that is a number": (_from("keras.layers", 7), "names 7"),  # type: ignore[arg-type]
    "a layer without a block": (sequential(layer("LSTM", "l", units=3)), "LSTM called 'l'"),
    "filters of 2**31": (row([("Conv2D", CONV | {"filters": 2**31})]), "filters = 2147483648"),
    "filters as a text": (row([("Conv2D", CONV | {"filters": "64"})]), "filters = '64'"),
    "filters of -1": (row([("Conv2D", CONV | {"filters": -1})]), "filters = -1"),
    "filters of 1.5": (row([("Conv2D", CONV | {"filters": 1.5})]), "filters = 1.5"),
    "filters true": (row([("Conv2D", CONV | {"filters": True})]), "filters = True"),
    "no filters": (row([("Conv2D", {"kernel_size": 3})]), "filters = None"),
    "three sides": (row([("Conv2D", CONV | {"kernel_size": [3, 3, 3]})]), "kernel_size"),
    "a window that no block has": (row([("Conv2D", CONV | {"kernel_size": 99})]), "99"),
    "an activation that is a list": (row([("Activation", {"activation": [1]})]), "[1]"),
    "an image of 2**40 pixels": (
        {
            **sequential(),
            "config": {
                "layers": [
                    layer("InputLayer", "p", batch_shape=[None, 2**40, 1, 3]),
                    layer("Flatten", "f"),
                ]
            },
        },
        "shape",
    ),
    "a film": (
        {
            **sequential(),
            "config": {"layers": [layer("Flatten", "f", batch_input_shape=[None, 9, 8, 8, 3])]},
        },
        "three sides",
    ),
    "a circle": (
        functional(layer("ReLU", "a", "b"), layer("ReLU", "b", "a"), end="b"),
        "a circle: 'a'",
    ),
    "a layer that feeds itself": (functional(layer("ReLU", "a", "a"), end="a"), "circle"),
    "a missing source": (functional(layer("ReLU", "a", "ghost"), end="a"), "'ghost'"),
    "no source": (functional(layer("ReLU", "a"), end="a"), "what feeds 'a'"),
    "a missing output": (functional(layer("ReLU", "a", "pixels"), end="ghost"), "'ghost'"),
    "two layers of a name": (
        functional(layer("ReLU", "a", "pixels"), layer("ReLU", "a", "pixels"), end="a"),
        "two layers called 'a'",
    ),
    "a layer used twice": (_twice(), "'twice' 2 times"),
    "two inputs": (
        functional(layer("Flatten", "f", "pixels"), end="f", input_layers=[["p", 0, 0]] * 2),
        "2 inputs",
    ),
    "two outputs": (
        functional(layer("Flatten", "f", "pixels"), end="f", output_layers=[["f", 0, 0]] * 2),
        "2 outputs",
    ),
    "lanes that cross": (_crossing(), "lanes that cross"),
    "lanes inside lanes": (_deep_lanes(400), "lanes inside lanes"),
    "a lane twice": (
        functional(
            layer("Conv2D", "c", "pixels", **CONV),
            layer("Concatenate", "a", "c", "pixels", "c"),
            end="a",
        ),
        "'a' one output several times",
    ),
    "a layer without a block in deep lanes": (
        _deep_lanes(15, "Reshape", target_shape=[4, 48]),
        "reshapes to [4, 48] in 'inmost'",
    ),
    "a sum of one": (functional(layer("Add", "a", "pixels"), end="a"), "'a' 1 outputs"),
    "a convolution of two": (
        functional(layer("ReLU", "a", "pixels"), layer("Conv2D", "c", "a", "pixels"), end="c"),
        "'c' 2 outputs",
    ),
    "no layers": (model("Sequential", "keras", {"layers": []}), "without a list of layers"),
    "layers a text": (model("Sequential", "keras", {"layers": "Conv2D"}), "without a list"),
    "a layer that is a number": (model("Sequential", "keras", {"layers": [7]}), "has 7 where"),
    "no configuration": (model("Sequential", "keras", None), "without a configuration"),
    "a class that is a list": ({"class_name": [], "config": {}}, "no Sequential or Functional"),
    "20,000 layers": (
        model("Sequential", "keras", {"layers": [{"class_name": "ReLU"}] * 20_000}),
        "20,000 layers",
    ),
    "100,000 layers": (
        model("Sequential", "keras", {"layers": [{"class_name": "ReLU"}] * 100_000}),
        "values",
    ),
    "5,000 deep": ("[" * 5_000 + "]" * 5_000, "more than 64 deep"),
    "models 1,000 deep": (
        json.dumps(_deep(0)).replace("[", '[{"config": {"layers": [' * 1_000, 1),
        "cannot be read",
    ),
    "models 15 deep": (_deep(25), "64 deep"),
    "not JSON": ("keras", "cannot be read as JSON"),
    "a list": ("[]", "no Sequential or Functional model"),
}


def _text(config: Any) -> str:
    return config if isinstance(config, str) else json.dumps(config)


def _zip(*entries: tuple[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return stream.getvalue()


def _locked(content: bytes) -> bytes:
    """The archive with its entries marked as encrypted."""
    at = content.index(b"PK\x01\x02")
    return content[: at + 8] + b"\x01\x00" + content[at + 10 :]


def _lying(content: bytes) -> bytes:
    """The archive whose list claims a small configuration."""
    at = content.index(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<L", 10) + content[at + 28 :]


GOOD = _text(row([("Conv2D", CONV), ("Flatten", {}), ("Dense", {"units": 3})]))
ENTRY = ("config.json", GOOD)
ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: _zip(("config.json", " " * (17 << 20))), "16 MB"),
    "a smaller bomb": (lambda: _zip(("config.json", " " * (15 << 20))), "swells"),
    "an empty configuration": (lambda: _zip(("config.json", "")), "JSON"),
    "no configuration": (lambda: _zip(("metadata.json", "{}")), "no config.json"),
    "images": (lambda: _zip(("cats/1.png", "x"), ("dogs/1.png", "x")), "no config.json"),
    "an absolute path": (lambda: _zip(ENTRY, ("/etc/passwd", "x")), "'/etc/passwd'"),
    "a path upwards": (lambda: _zip(ENTRY, ("assets/../../x", "x")), "leads out"),
    "a path upwards on Windows": (lambda: _zip(ENTRY, ("a\\..\\..\\x", "x")), "leads out"),
    "an encrypted entry": (lambda: _locked(_zip(ENTRY)), "password"),
    "an unusual compression": (lambda: _zip(ENTRY, method=zipfile.ZIP_LZMA), "compressed"),
    "a size that is a lie": (lambda: _lying(_zip(ENTRY)), "damaged"),
    "a broken checksum": (
        lambda: _zip(ENTRY, method=zipfile.ZIP_STORED).replace(b'"Conv2D"', b'"Conv3D"', 1),
        "damaged",
    ),
    "half of it": (lambda: _zip(ENTRY)[:200], "end is missing"),
    "its beginning alone": (lambda: b"PK\x03\x04" + bytes(100), "end is missing"),
    "an end alone": (lambda: b"PK\x03\x04" + b"PK\x05\x06" + bytes(18), "no config.json"),
    "thousands of files": (
        lambda: _zip(ENTRY, *((f"assets/{index}", "") for index in range(5_000))),
        "far more files",
    ),
    "a longer form of zip": (
        lambda: _zip(ENTRY).replace(b"PK\x05\x06", b"PK\x06\x07" + bytes(16) + b"PK\x05\x06"),
        "far more files",
    ),
    "a pickle": (lambda: pickle.dumps({"class_name": print}), "JSON"),
    "HDF5": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(1000), "HDF5"),
    "nothing": (lambda: b"", "JSON"),
}


def _doubled() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return _zip(ENTRY, ENTRY)


ARCHIVES["two configurations"] = (_doubled, "2 files named config.json")


def _refusal(file: Path) -> UserError:
    """Why `file` is refused, told within 100 ms of computing."""
    refused = within(0.1, lambda: refusal(read_network, file))
    assert file.name in refused.report.message
    assert refused.report.hint
    return refused


@pytest.mark.parametrize("case", CONFIGS)
def test_a_hostile_configuration_is_refused(case: str, tmp_path: Path) -> None:
    config, reason = CONFIGS[case]
    file = tmp_path / "model.keras"
    file.write_bytes(_zip(("config.json", _text(config)), method=zipfile.ZIP_STORED))
    refused = _refusal(file)
    assert reason in refused.report.message
    assert len(refused.report.message) < 400


@pytest.mark.parametrize("case", ARCHIVES)
def test_a_hostile_file_is_refused(case: str, tmp_path: Path) -> None:
    content, reason = ARCHIVES[case]
    file = tmp_path / "model.keras"
    file.write_bytes(content())
    assert reason in _refusal(file).report.message


def test_hdf5_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "old.h5"
    file.write_bytes(b"\x89HDF\r\n\x1a\n")
    assert "as .keras" in _refusal(file).report.hint


def test_what_lies_beside_the_configuration_is_not_looked_at(tmp_path: Path) -> None:
    file = write_keras(tmp_path / "model.keras", GOOD.encode(), large=bytes(50 << 20))
    assert [block.kind for block in read_network(file).network.blocks] == [
        "convolution",
        "flatten",
        "logits",
    ]


def test_a_broken_file_never_does_harm(tmp_path: Path) -> None:
    whole = write_keras(tmp_path / "whole.keras", json.loads(GOOD)).read_bytes()
    file = tmp_path / "broken.keras"
    for index in range(0, len(whole), 3):
        file.write_bytes(whole[:index] + bytes([whole[index] ^ 0xFF]) + whole[index + 1 :])
        try:
            read_network(file)
        except UserError as refused:
            assert refused.report.hint


SCRIPT = """
import sys
from pathlib import Path
from imgclf_gui.core.errors import UserError
from imgclf_gui.plan.network_file import read_network
for name in sys.argv[1:]:
    try:
        read_network(Path(name))
    except UserError as refused:
        print(refused.code)
loaded = {name.partition(".")[0] for name in sys.modules}
print(*sorted(loaded & {"tensorflow", "keras", "h5py", "pickle_evil"}), "end")
"""


def test_nothing_is_executed_and_keras_is_never_loaded(tmp_path: Path) -> None:
    good = write_keras(tmp_path / "good.keras", json.loads(GOOD))
    evil = write_keras(tmp_path / "evil.keras", _from("pickle_evil", "Run"))
    (tmp_path / "pickle_evil.py").write_text("raise SystemExit('executed')")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(good), str(evil)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{tmp_path}:{Path.cwd()}", "PATH": ""},
    )
    assert done.stdout.split() == ["network.keras", "end"]


def test_the_pixels_alone_are_no_network(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(json.dumps(model("Sequential", "keras", {"layers": [PIXELS]})))
    read = read_network(file)
    assert [block.kind for block in read.network.blocks] == ["global-pooling", "logits"]
