"""Networks out of Keras models, read without Keras: bytes → gate → layers → blocks.

gate.py      what a file may be; nothing of it is ever executed
entries.py   what its configuration says of layers and of what feeds them
layers.py    layers in one manner of writing;  graph.py  the model as a graph of them
series.py    the graph as layers behind each other and side by side
fitting.py   which block makes given layers;  blocks.py  the network
notes.py     what could not be taken over;  sources.py of which layers a block is made
"""

from __future__ import annotations

from typing import Any

from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.plan.keras_file import gate
from imgclf_gui.plan.keras_file.blocks import blocks_of, features_of
from imgclf_gui.plan.keras_file.entries import MODELS, is_keras
from imgclf_gui.plan.keras_file.gate import Refused
from imgclf_gui.plan.keras_file.graph import graph_of
from imgclf_gui.plan.keras_file.notes import Notes
from imgclf_gui.plan.keras_file.sources import Sources

__all__ = [
    "Refused",
    "Sources",
    "archived_config",
    "archived_weights",
    "feature_blocks",
    "is_keras",
    "network_blocks",
]

archived_config = gate.archived_config
archived_weights = gate.archived_weights


def network_blocks(raw: Any) -> tuple[tuple[BlockSpec, ...], tuple[str, ...]]:
    """The blocks of the Keras model whose configuration is `raw`, and what is not taken over.

    Raises:
        Refused: it may carry code, or no network of blocks does what it does.
    """
    _check(raw)
    notes = Notes()
    blocks = blocks_of(graph_of(raw, notes), notes)
    return blocks, notes.lines()


def feature_blocks(raw: Any) -> tuple[tuple[BlockSpec, ...], Sources]:
    """The blocks that compute exactly what the model does, given its weights in `sources`.

    They take what the model takes: nothing is said of how pixels become that.

    Raises:
        Refused: as in `network_blocks`, or no blocks do exactly what it does.
    """
    _check(raw)
    notes = Notes()
    blocks, sources = features_of(graph_of(raw, notes, exact=True), notes)
    if notes.changes():
        raise Refused(f"cannot be made of blocks exactly: {'; '.join(notes.changes())}")
    return blocks, sources


def _check(raw: Any) -> None:
    if not is_keras(raw) or raw["class_name"] not in MODELS:
        raise Refused("is no Sequential or Functional model", "Build the model of layers alone.")
    gate.check({key: raw.get(key) for key in ("class_name", "module", "registered_name", "config")})
