"""Calls of Keras as a person writes them: what is the usual is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imgclf_gui.plan.code.text import literal

_LEADING = {
    "Activation": ("activation",),
    "AveragePooling2D": ("pool_size",),
    "Conv2D": ("filters", "kernel_size"),
    "Dense": ("units",),
    "DepthwiseConv2D": ("kernel_size",),
    "Dropout": ("rate",),
    "GroupNormalization": ("groups",),
    "MaxPooling2D": ("pool_size",),
    "Rescaling": ("scale",),
    "Resizing": ("height", "width"),
    "SeparableConv2D": ("filters", "kernel_size"),
    "SpatialDropout2D": ("rate",),
}
"""First parameters of Keras's classes, which are written without their names."""

_WINDOW = {"strides": 1, "padding": "valid", "dilation_rate": 1, "use_bias": True}
_POOL = {"padding": "valid"}
_GLOBAL_POOL = {"keepdims": False}
_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
USUAL: Mapping[str, Mapping[str, Any]] = {
    "Adam": _ADAM,
    "AdamW": {**_ADAM, "weight_decay": 0.004},
    "AveragePooling2D": _POOL,
    "BatchNormalization": {"momentum": 0.99, "epsilon": 1e-3},
    "Concatenate": {"axis": -1},
    "Conv2D": {**_WINDOW, "groups": 1, "kernel_initializer": "glorot_uniform"},
    "Dense": {"use_bias": True, "kernel_initializer": "glorot_uniform"},
    "DepthwiseConv2D": {
        **_WINDOW,
        "depth_multiplier": 1,
        "depthwise_initializer": "glorot_uniform",
    },
    "GlobalAveragePooling2D": _GLOBAL_POOL,
    "GlobalMaxPooling2D": _GLOBAL_POOL,
    "GroupNormalization": {"epsilon": 1e-3},
    "LayerNormalization": {"axis": -1, "epsilon": 1e-3},
    "MaxPooling2D": _POOL,
    "RMSprop": {"rho": 0.9, "epsilon": 1e-7},
    "Rescaling": {"offset": 0.0},
    "Resizing": {"interpolation": "bilinear"},
    "SGD": {"momentum": 0.0, "nesterov": False},
    "SeparableConv2D": {
        **_WINDOW,
        "depth_multiplier": 1,
        "depthwise_initializer": "glorot_uniform",
        "pointwise_initializer": "glorot_uniform",
    },
}
"""Keras's own defaults, which the tests compare with Keras."""


def arguments(called: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The arguments of Keras's class `called` that say what `settings` do."""
    usual = USUAL.get(called, {})
    if "pool_size" in settings:  # windows beside one another
        usual = {**usual, "strides": settings["pool_size"]}
    rest = dict(settings)
    found = []
    for name in _LEADING.get(called, ()):
        if name not in rest:
            break
        found.append(literal(rest.pop(name)))
    named = (
        f"{name}={literal(value)}"
        for name, value in rest.items()
        if name not in usual or not _same(value, usual[name])
    )
    return (*found, *named)


def _same(value: Any, usual: Any) -> bool:
    """Whether they mean the same; 1 is no True."""
    return bool(value == usual) and isinstance(value, bool) == isinstance(usual, bool)
