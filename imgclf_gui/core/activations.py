"""The functions that stand behind convolutions and dense blocks, or as blocks of their own."""

from __future__ import annotations

from typing import Literal

from imgclf_gui.core.entry import KerasLayer

Function = Literal["relu", "relu6", "leaky-relu", "gelu", "silu", "tanh", "sigmoid"]
Activation = Literal["relu", "relu6", "leaky-relu", "gelu", "silu", "tanh", "sigmoid", "none"]

_RECTIFIERS = ("relu", "relu6", "leaky-relu", "gelu", "silu")


def keras_name(function: Activation) -> str:
    """As `keras.layers.Activation` takes it."""
    return "linear" if function == "none" else function.replace("-", "_")


def initializer(function: Activation) -> str:
    """How weights before `function` are drawn, so that the spread stays the same through layers.

    He et al. 2015 (arXiv:1502.01852) for those that silence half of the values, else Glorot and
    Bengio 2010.
    """
    return "he_normal" if function in _RECTIFIERS else "glorot_uniform"


def filter_initializer(function: Activation) -> str:
    """How a convolution's filters are drawn: as `initializer` says of `function`.

    Without an activation of its own normalisation and a rectifier mostly follow, as in the
    networks of He et al. 2015, and so their draw is right then, too.
    """
    return initializer("relu" if function == "none" else function)


def kept_behind(function: Activation) -> int:
    """Values that training keeps for each one that `function` makes, beside what reaches it.

    None where the gradient follows from the result, which then takes the place of the input.
    """
    return {"leaky-relu": 1, "silu": 1, "gelu": 3}.get(function, 0)


def activation_layers(function: Activation) -> tuple[KerasLayer, ...]:
    """The layer behind a block's own; none for 'none'."""
    if function == "none":
        return ()
    return (KerasLayer("Activation", {"activation": keras_name(function)}, "activation"),)
