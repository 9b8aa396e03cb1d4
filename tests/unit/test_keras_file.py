"""Keras models without Keras: what becomes blocks, and what is said of the rest."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.entry import BlockInput
from imgclf_gui.core.errors import UserError
from imgclf_gui.plan import draft_network
from imgclf_gui.plan.keras_file.layers import DEFAULTS
from imgclf_gui.plan.network_file import ReadNetwork, read_network
from tests.helpers.keras_configs import Config, functional, layer, model, row, sequential
from tests.helpers.random_networks import random_settings

CONV: Config = {"filters": 4, "kernel_size": [3, 3], "padding": "same"}
HEAD: tuple[tuple[str, Config], ...] = (
    ("GlobalAveragePooling2D", {}),
    ("Dense", {"units": 10, "activation": "softmax"}),
)


def _read(config: Any, tmp_path: Path) -> ReadNetwork:
    file = tmp_path / "model.json"
    file.write_text(json.dumps(config))
    return read_network(file)


def _blocks(config: Any, tmp_path: Path) -> list[dict[str, Any]]:
    return [block.model_dump() for block in _read(config, tmp_path).network.blocks]


def _block(kind: str, settings: Config, tmp_path: Path) -> dict[str, Any]:
    """What one layer becomes."""
    return _blocks(row([(kind, settings), *HEAD]), tmp_path)[0]


def _notes(config: Any, tmp_path: Path) -> str:
    return "\n".join(_read(config, tmp_path).notes)


@pytest.mark.parametrize(
    ("kind", "settings", "block"),
    [
        ("Conv2D", CONV, {"kind": "convolution", "filters": 4, "activation": "none"}),
        (
            "Conv2D",
            {"filters": 8, "kernel_size": 5, "strides": [2, 2], "activation": "swish"},
            {
                "kind": "convolution",
                "filters": 8,
                "size": 5,
                "stride": 2,
                "padding": "valid",
                "activation": "silu",
            },
        ),
        ("MaxPooling2D", {"pool_size": [2, 2], "strides": None}, {"kind": "max-pooling"}),
        (
            "MaxPooling2D",
            {"pool_size": 3, "strides": 2, "padding": "same"},
            {"kind": "max-pooling", "size": 3, "stride": 2, "padding": "same"},
        ),
        ("BatchNormalization", {"axis": 3, "momentum": 0.9}, {"momentum": 0.9}),
        ("Dropout", {"rate": 0.5, "seed": 3}, {"kind": "dropout", "rate": 0.5}),
        ("SpatialDropout2D", {"rate": 0.1}, {"kind": "spatial-dropout", "rate": 0.1}),
        (
            "Dropout",
            {"rate": 0.2, "noise_shape": [None, 1, 1, 1]},
            {"kind": "stochastic-depth", "rate": 0.2},
        ),
        ("ReLU", {"max_value": 6.0}, {"kind": "activation", "function": "relu6"}),
        ("Activation", {"activation": "tanh"}, {"kind": "activation", "function": "tanh"}),
        ("Rescaling", {"scale": 1 / 127.5, "offset": -1.0}, {"kind": "rescale"}),
        ("Dense", {"units": 7}, {"kind": "convolution", "filters": 7, "size": 1}),
    ],
    ids=str,
)
def test_a_layer_becomes_a_block(
    kind: str, settings: Config, block: dict[str, Any], tmp_path: Path
) -> None:
    found = _block(kind, settings, tmp_path)
    assert found.items() >= block.items()


def test_what_stands_before_the_first_layer_is_not_needed(tmp_path: Path) -> None:
    layers = [("RandomFlip", {}), ("Rescaling", {"scale": 1 / 255}), ("Normalization", {}), *HEAD]
    read = _read(row(layers), tmp_path)
    assert [block.kind for block in read.network.blocks] == ["global-pooling", "logits"]
    notes = "\n".join(read.notes)
    assert (
        "l0: RandomFlip is left out: it changes images in training only. On the Augmentation page, "
        "'Flip horizontally' or 'Flip vertically' does so"
    ) in notes
    assert "l2: Normalization is left out" in notes
    assert "Weights are not taken over" in notes
    assert "Rescaling" not in notes


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        (
            {"kernel_regularizer": {"module": "keras.regularizers", "class_name": "L2"}},
            "l0: kernel_regularizer L2 is left out",
        ),
        ({"kernel_size": [1, 7]}, "l0: kernel_size 1×7 is taken as 7×7"),
        ({"dilation_rate": [1, 2]}, "l0: dilation_rate 1×2 is taken as 2×2"),
        ({"data_format": "channels_first"}, "'channels_first' is taken as channels_last"),
        ({"dtype": "mixed_float16"}, "l0: dtype 'mixed_float16' is taken as float32"),
        ({"activation": "elu"}, "l0: activation elu is taken as leaky_relu"),
        ({"surprise": [1]}, "l0: surprise is left out"),
    ],
    ids=str,
)
def test_a_setting_that_no_block_has_is_told(settings: Config, note: str, tmp_path: Path) -> None:
    assert note in _notes(row([("Conv2D", CONV | settings), *HEAD]), tmp_path)


def test_what_holds_for_many_layers_is_told_once(tmp_path: Path) -> None:
    many = [("Conv2D", CONV | {"activity_regularizer": "l1"})] * 4
    notes = _notes(row([*many, *HEAD]), tmp_path)
    assert "l0 and 3 more: activity_regularizer is left out" in notes


def _branching(*, inside: list[Config], join: Config, end: str) -> Config:
    head = [layer("GlobalAveragePooling2D", "gap", end), layer("Dense", "top", "gap", units=10)]
    return functional(*inside, join, *head, end="top")


def test_a_shortcut_becomes_a_residual_block_with_its_activation(tmp_path: Path) -> None:
    config = _branching(
        inside=[layer("Conv2D", "a", "pixels", filters=3, kernel_size=3, padding="same")],
        join=layer("Add", "sum", "a", "pixels"),
        end="out",
    )
    config["config"]["layers"].append(layer("Activation", "out", "sum", activation="gelu"))
    first = _blocks(config, tmp_path)[0]
    assert (first["kind"], first["activation"]) == ("residual", "gelu")
    assert first["shortcut"] == "identity"
    assert [block["kind"] for block in first["blocks"]] == ["convolution"]


def test_a_convolution_beside_others_becomes_the_projection(tmp_path: Path) -> None:
    config = _branching(
        inside=[
            layer("Conv2D", "a", "pixels", filters=6, kernel_size=3, strides=2, padding="same"),
            layer("ReLU", "b", "a"),
            layer("Conv2D", "c", "b", filters=6, kernel_size=3, padding="same"),
            layer("Conv2D", "p", "pixels", filters=6, kernel_size=1, strides=2, use_bias=False),
            layer("BatchNormalization", "n", "p"),
        ],
        join=layer("Add", "sum", "n", "c"),
        end="sum",
    )
    first = _blocks(config, tmp_path)[0]
    assert (first["kind"], first["shortcut"]) == ("residual", "projected")
    assert first["activation"] == "none"
    assert len(first["blocks"]) == 2


def test_zeros_beside_channels_become_a_padded_shortcut(tmp_path: Path) -> None:
    config = _branching(
        inside=[
            layer("Conv2D", "a", "pixels", filters=9, kernel_size=3, padding="same"),
            layer("Rescaling", "unit", "pixels", scale=1 / 255),
            layer("Rescaling", "zeros", "unit", scale=0.0, offset=0.0),
            layer("Concatenate", "wide", "unit", "zeros", "zeros"),
        ],
        join=layer("Add", "sum", "a", "wide"),
        end="sum",
    )
    first = _blocks(config, tmp_path)[0]
    assert (first["kind"], first["shortcut"]) == ("residual", "padded")


def test_lanes_become_branches_and_a_lane_of_nothing_is_kept(tmp_path: Path) -> None:
    config = _branching(
        inside=[
            layer("Conv2D", "a", "pixels", filters=2, kernel_size=1),
            layer("Conv2D", "b", "pixels", filters=2, kernel_size=1, activation="relu"),
            layer("Conv2D", "c", "b", filters=5, kernel_size=3, padding="same"),
        ],
        join=layer("Concatenate", "joined", "a", "c", "pixels", axis=3),
        end="joined",
    )
    first = _blocks(config, tmp_path)[0]
    assert first["kind"] == "branches"
    assert [block["kind"] for block in first["blocks"]] == ["convolution", "group", "rescale"]
    read = _read(config, tmp_path).network
    draft = draft_network(read.blocks, (8, 8, 3), 10)
    assert draft.problems == []
    assert draft.blocks[0].output_shape == (8, 8, 10)


def test_squeeze_and_excitation_is_recognised(tmp_path: Path) -> None:
    config = _branching(
        inside=[
            layer("Conv2D", "a", "pixels", filters=16, kernel_size=1),
            layer("GlobalAveragePooling2D", "s", "a"),
            layer("Dense", "d", "s", units=4, activation="relu"),
            layer("Dense", "e", "d", units=16, activation="sigmoid"),
            layer("Reshape", "r", "e", target_shape=[1, 1, 16]),
        ],
        join=layer("Multiply", "scaled", "a", "r"),
        end="scaled",
    )
    assert [block["kind"] for block in _blocks(config, tmp_path)] == [
        "convolution",
        "squeeze-and-excitation",
        "global-pooling",
        "logits",
    ]


def test_models_inside_models_are_laid_open(tmp_path: Path) -> None:
    inner = sequential(layer("Conv2D", "same-name", **CONV), layer("ReLU", "r"))
    outer = functional(
        layer("Conv2D", "same-name", "pixels", **CONV),
        {**layer("Sequential", "inner", "same-name"), **inner, "name": "inner"},
        layer("Flatten", "flat", "inner"),
        layer("Dense", "top", "flat", units=10),
        end="top",
    )
    assert [block["kind"] for block in _blocks(outer, tmp_path)] == [
        "convolution",
        "convolution",
        "flatten",
        "logits",
    ]


def test_padding_before_a_convolution_becomes_its_own(tmp_path: Path) -> None:
    strided = {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "valid"}
    config = row([("ZeroPadding2D", {"padding": [[0, 1], [0, 1]]}), ("Conv2D", strided), *HEAD])
    read = _read(config, tmp_path)
    first = read.network.blocks[0]
    assert (first.kind, first.settings["stride"], first.settings["padding"]) == (
        "convolution",
        2,
        "same",
    )
    assert "l0: is taken over as the padding of the layer behind it" in read.notes


def test_the_form_of_keras_2_is_read(tmp_path: Path) -> None:
    layers = [
        {
            "class_name": "InputLayer",
            "config": {"batch_input_shape": [None, 8, 8, 3], "name": "pixels"},
            "name": "pixels",
            "inbound_nodes": [],
        },
        {
            "class_name": "Conv2D",
            "config": {**CONV, "name": "c", "activation": "relu"},
            "name": "c",
            "inbound_nodes": [[["pixels", 0, 0, {}]]],
        },
        {
            "class_name": "Concatenate",
            "config": {"name": "j", "axis": 3},
            "name": "j",
            "inbound_nodes": [[["c", 0, 0, {}], ["pixels", 0, 0, {}]]],
        },
        {
            "class_name": "Flatten",
            "config": {"name": "f"},
            "name": "f",
            "inbound_nodes": [[["j", 0, 0, {}]]],
        },
        {
            "class_name": "Dense",
            "config": {"name": "d", "units": 10},
            "name": "d",
            "inbound_nodes": [[["f", 0, 0, {}]]],
        },
    ]
    config = {"layers": layers, "input_layers": [["pixels", 0, 0]], "output_layers": [["d", 0, 0]]}
    for kind in ("Functional", "Model"):
        found = _blocks({"class_name": kind, "config": config}, tmp_path)
        assert [block["kind"] for block in found] == ["branches", "flatten", "logits"]


def test_sequential_models_of_keras_2_say_the_shape_in_their_first_layer(tmp_path: Path) -> None:
    first = {"class_name": "Flatten", "config": {"name": "f", "batch_input_shape": [None, 28, 28]}}
    last = {"class_name": "Dense", "config": {"name": "d", "units": 10, "activation": "softmax"}}
    config = {"class_name": "Sequential", "config": {"layers": [first, last]}}
    assert [block["kind"] for block in _blocks(config, tmp_path)] == ["flatten", "logits"]


def test_the_order_of_the_list_does_not_matter(tmp_path: Path) -> None:
    config = row([("Conv2D", CONV), ("ReLU", {}), ("MaxPooling2D", {}), *HEAD])
    expected = _blocks(config, tmp_path)
    config["config"]["layers"].reverse()
    assert _blocks(config, tmp_path) == expected


def test_a_thousand_layers_are_read(tmp_path: Path) -> None:
    config = row([*[("Conv2D", CONV), ("ReLU", {})] * 900, *HEAD])
    assert len(_read(config, tmp_path).network.blocks) == 902


STRANGE: list[Any] = [
    None,
    True,
    -1,
    0,
    2**31,
    1.5,
    "64",
    "",
    [],
    {},
    [[]],
    [None],
    {"class_name": "Lambda"},
]
WHOLE = _branching(
    inside=[
        layer("ZeroPadding2D", "z", "pixels", padding=[[1, 1], [1, 1]]),
        layer("Conv2D", "a", "z", filters=3, kernel_size=[3, 3], activation="relu"),
        layer("Reshape", "r", "a", target_shape=[8, 8, 3]),
        layer("BatchNormalization", "n", "r", axis=[3], momentum=0.9),
    ],
    join=layer("Add", "sum", "n", "pixels"),
    end="sum",
)


def _mutated(config: Any, source: random.Random) -> Any:
    """`config` with one value somewhere in it replaced."""
    copy = json.loads(json.dumps(config))
    at: Any = copy
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = source.choice(keys)
        inside = at[key]
        if not isinstance(inside, dict | list) or not inside or source.random() < 0.1:
            at[key] = source.choice(STRANGE)
            return copy
        at = inside


@pytest.mark.parametrize("form", ["functional", "sequential"])
def test_no_configuration_does_any_harm(form: str, tmp_path: Path) -> None:
    source = random.Random(form)
    whole = WHOLE if form == "functional" else sequential(layer("Conv2D", "c", **CONV))
    for _ in range(500):
        config = _mutated(whole, source)
        if source.random() < 0.5:
            config = _mutated(config, source)
        try:
            read = _read(config, tmp_path)
        except UserError as refused:
            assert refused.report.hint
            assert refused.code in ("network.keras", "network.file")
        else:
            draft_network(read.network.blocks, (8, 8, 3), 10)


@pytest.mark.parametrize("kind", catalog.block_entries())
def test_every_layer_that_a_block_makes_is_known_here(kind: str) -> None:
    """A new one needs a line in `keras_file.layers.DEFAULTS`, or files that have it are refused."""
    entry = catalog.block_entries()[kind]
    source = random.Random(kind)
    for _ in range(20):
        block = entry.model_validate(random_settings(source, entry))
        shape = (16, 16, 12)
        ends = (shape, shape) if entry.holds == "lanes" else (shape,)
        inputs = BlockInput(shape, 10, ends if entry.holds != "nothing" else ())
        for made in block.layers(inputs):
            known = DEFAULTS[made.layer].keys() | {"keepdims"}
            assert {key for key in made.settings if not key.endswith("_initializer")} <= known


def test_a_model_of_a_class_of_ones_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no Sequential or Functional model"):
        _read(model("MyModel", "my_package", {}), tmp_path)
