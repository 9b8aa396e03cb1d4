"""Keras layers in one manner of writing, so that two that do the same are equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imgclf_gui.core.entry import KerasLayer
from imgclf_gui.plan.keras_file.gate import Refused

LARGEST_NUMBER = 65_536

DEFAULTS: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "linear"},
    "Add": {},
    "AveragePooling2D": {"pool_size": 2, "strides": None, "padding": "valid"},
    "BatchNormalization": {"momentum": 0.99, "epsilon": 1e-3, "center": True, "scale": True},
    "Concatenate": {"axis": -1},
    "Conv2D": {
        "filters": None,
        "kernel_size": None,
        "strides": 1,
        "padding": "valid",
        "dilation_rate": 1,
        "groups": 1,
        "use_bias": True,
    },
    "Dense": {"units": None, "use_bias": True},
    "DepthwiseConv2D": {
        "kernel_size": None,
        "strides": 1,
        "padding": "valid",
        "depth_multiplier": 1,
        "dilation_rate": 1,
        "use_bias": True,
    },
    "Dropout": {"rate": None, "noise_shape": None},
    "Flatten": {},
    "GlobalAveragePooling2D": {},
    "GlobalMaxPooling2D": {},
    "GroupNormalization": {"groups": 32, "epsilon": 1e-3, "center": True, "scale": True},
    "LayerNormalization": {
        "axis": -1,
        "epsilon": 1e-3,
        "center": True,
        "scale": True,
        "rms_scaling": False,
    },
    "MaxPooling2D": {"pool_size": 2, "strides": None, "padding": "valid"},
    "Multiply": {},
    "Reshape": {"target_shape": None},
    "Resizing": {
        "height": None,
        "width": None,
        "interpolation": "bilinear",
        "crop_to_aspect_ratio": False,
        "pad_to_aspect_ratio": False,
        "antialias": False,
    },
    "Rescaling": {"scale": None, "offset": 0.0},
    "SeparableConv2D": {
        "filters": None,
        "kernel_size": None,
        "strides": 1,
        "padding": "valid",
        "depth_multiplier": 1,
        "dilation_rate": 1,
        "use_bias": True,
    },
    "SpatialDropout2D": {"rate": None},
    "UpSampling2D": {"size": 2, "interpolation": "nearest"},
    "ZeroPadding2D": {"padding": 1},
}
"""The layers that blocks are made of, and what Keras takes for settings that are not given."""

SQUARE = ("kernel_size", "strides", "pool_size", "dilation_rate", "size")
"""Settings with a number for height and width, or one for both."""
MARGINS = ("top", "bottom", "left", "right")
COUNTS = (
    *SQUARE,
    "filters",
    "units",
    "groups",
    "depth_multiplier",
    "height",
    "width",
    *MARGINS,
)

_POOLINGS = ("AveragePooling2D", "MaxPooling2D")
_IGNORED = {
    "name", "trainable", "dtype", "activation", "data_format", "axis", "keepdims", "seed",
    "synchronized", "renorm", "renorm_clipping", "renorm_momentum", "batch_input_shape",
    "input_dim", "fill_mode", "fill_value",
}  # fmt: skip
"""Settings that change nothing here, or are looked at elsewhere."""

_FUNCTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "ReLU": ("relu", {}),
    "LeakyReLU": ("leaky_relu", {"negative_slope": 0.2, "alpha": 0.2}),
    "PReLU": ("leaky_relu", {}),
    "ELU": ("elu", {}),
    "Softmax": ("softmax", {}),
}
"""Layers that are a function, and the settings that it has here."""
_SAME = {"swish": "silu"}
_NEAREST = {
    "elu": "leaky_relu",
    "selu": "leaky_relu",
    "celu": "leaky_relu",
    "hard_sigmoid": "sigmoid",
    "hard_tanh": "tanh",
    "hard_silu": "silu",
    "hard_swish": "silu",
    "mish": "silu",
    "softplus": "relu",
}


@dataclass(frozen=True)
class Layer:
    """A layer with every setting that matters written out."""

    layer: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def from_config(layer: str, config: Mapping[str, Any], name: str) -> tuple[list[Layer], list[str]]:
    """The Keras layer `layer` as one layer, or two with its activation, and what is lost of it.

    Raises:
        Refused: a setting is of the wrong type or out of all bounds.
    """
    lost: list[str] = []
    settings = {
        key: _plain(key, config.get(key, default), lost, name)
        for key, default in DEFAULTS[layer].items()
    }
    lost += _left_out(layer, config)
    found = [canonical(layer, settings)]
    function = config.get("activation")
    if layer != "Activation" and function is not None:
        found.append(Layer("Activation", {"activation": function}))
    return [_with_known_function(one, lost, name) for one in found], lost


def of_block(made: Iterable[KerasLayer]) -> list[Layer]:
    """The layers of a block in the same manner."""
    found = []
    for one in made:
        given = {key: _listed(key, value) for key, value in one.settings.items()}
        defaults = DEFAULTS.get(one.layer, {})
        settings = {key: given.get(key, default) for key, default in defaults.items()}
        found.append(canonical(one.layer, settings))
        function = given.get("activation", "linear")
        if one.layer != "Activation" and function != "linear":
            found.append(Layer("Activation", {"activation": function}))
    return found


def canonical(layer: str, settings: Mapping[str, Any]) -> Layer:
    """One of several ways to say the same."""
    if layer in _POOLINGS and settings["strides"] is None:
        return Layer(layer, {**settings, "strides": settings["pool_size"]})
    if settings.get("kernel_size") == 1:
        return Layer(layer, {**settings, "padding": "same"})  # nothing to pad
    if settings.get("axis") in (3, [3], [-1]):
        return Layer(layer, {**settings, "axis": -1})
    if layer == "ZeroPadding2D":
        return Layer(layer, dict(zip(MARGINS, _margins(settings["padding"]), strict=True)))
    return Layer(layer, settings)


def _margins(padding: Any) -> list[int]:
    """Top, bottom, left and right, of a number, one a direction, or two a direction."""
    sides = padding if isinstance(padding, list) and len(padding) == 2 else [padding, padding]
    pairs = [side if isinstance(side, list) else [side, side] for side in sides]
    found = [count for pair in pairs for count in pair]
    if any(len(pair) != 2 for pair in pairs) or any(
        type(count) is not int or not 0 <= count <= LARGEST_NUMBER for count in found
    ):
        raise Refused(f"has a ZeroPadding2D of {padding!r:.60}")
    return found


def as_activation(layer: str, config: Mapping[str, Any]) -> tuple[str, list[str]] | None:
    """The function that a layer like ReLU or Softmax applies, and what is lost; None for others."""
    if layer not in _FUNCTIONS:
        return None
    function, usual = _FUNCTIONS[layer]
    if layer == "ReLU":
        slope, most = config.get("negative_slope"), config.get("max_value")
        function = "leaky_relu" if slope else "relu6" if most == 6 else "relu"
        usual = {"max_value": 6 if most == 6 else None, "threshold": 0}
        usual |= {"negative_slope": 0.2 if slope else 0}
    lost = [
        f"{key} {config[key]!r:.30} is taken as {value}"
        for key, value in usual.items()
        if config.get(key, value) not in (value, value or None)
    ]
    return function, lost


def _with_known_function(layer: Layer, lost: list[str], name: str) -> Layer:
    if layer.layer != "Activation":
        return layer
    function = layer.settings["activation"]
    if not isinstance(function, str):
        raise Refused(f"has the activation {function!r:.60} in {name!r:.60}")
    function = _SAME.get(function, function)
    if function in _NEAREST:
        lost.append(f"activation {function} is taken as {_NEAREST[function]}")
        function = _NEAREST[function]
    return Layer("Activation", {"activation": function})


def _plain(key: str, value: Any, lost: list[str], name: str) -> Any:
    """A setting as one plain value; what that loses goes to `lost`."""
    value = _listed(key, value)
    if isinstance(value, dict):
        raise Refused(f"has {key} = {value!r:.60} in {name!r:.60}")
    if key not in COUNTS or (key == "strides" and value is None):
        return value
    sides = value if isinstance(value, list) and len(value) == 2 else [value]
    for side in sides:
        _check_count(key, side, name)
    if len(sides) == 2:
        lost.append(f"{key} {sides[0]}×{sides[1]} is taken as {max(sides)}×{max(sides)}")
    return max(sides)


def _check_count(key: str, value: Any, name: str) -> None:
    if type(value) is not int or not 1 <= value <= LARGEST_NUMBER:
        raise Refused(
            f"has {key} = {value!r:.60} in {name!r:.60}",
            f"It must be an integer from 1 to {LARGEST_NUMBER:,}.",
        )


def _listed(key: str, value: Any) -> Any:
    """A list for a tuple, and one number for the same ones of height and width."""
    if not isinstance(value, list | tuple):
        return value
    alike = key in SQUARE and len(value) == 2 and value[0] == value[1]
    return value[0] if alike else list(value)


def _left_out(layer: str, config: Mapping[str, Any]) -> Iterable[str]:
    """Lines on settings that no block has."""
    if config.get("data_format", "channels_last") not in ("channels_last", None):
        yield f"data_format {config['data_format']!r:.30} is taken as channels_last"
    policy = config.get("dtype")
    policy = policy.get("config") if isinstance(policy, dict) else policy
    policy = policy.get("name") if isinstance(policy, dict) else policy
    if policy not in (None, "float32"):
        yield f"dtype {policy!r:.30} is taken as float32"
    for key, value in config.items():
        known = key in DEFAULTS[layer] or key in _IGNORED or key.endswith("_initializer")
        if not known and value is not None and value is not False:
            yield f"{key:.40}{_class(value)} is left out"


def _class(value: Any) -> str:
    name = value.get("class_name") if isinstance(value, dict) else None
    return f" {name:.40}" if isinstance(name, str) else ""
