"""Weights and training state as safetensors files: whole, finite, and never half written.

A file holds named arrays and, in its header, one JSON text. No file of this kind can carry code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_atomic

FOLDER = "checkpoints"
LATEST = "latest.safetensors"
BEST = "best.safetensors"
MODEL = "model.keras"

Arrays = dict[str, NDArray[Any]]

_ABOUT = TypeAdapter(dict[str, Any])


def arrays_of(variables: Sequence[Any]) -> Arrays:
    """The values of Keras variables, by name; the names keep their order."""
    return {_name(i, variable): np.array(variable) for i, variable in enumerate(variables)}


def restore(variables: Sequence[Any], arrays: Arrays, path: Path) -> None:
    """Give `variables` the values that `arrays_of` took from ones like them.

    Raises:
        UserError: `checkpoint.other` if names or shapes are not theirs; nothing is changed.
    """
    expected = {_name(i, variable): tuple(variable.shape) for i, variable in enumerate(variables)}
    if expected != {name: array.shape for name, array in arrays.items()}:
        raise UserError(
            "checkpoint.other",
            f"{path.name} belongs to another network or optimizer.",
            "Start a new run; this one cannot go on from there.",
            f"expected {sorted(expected.items())[:20]}",
        )
    for i, variable in enumerate(variables):
        variable.assign(arrays[_name(i, variable)])


def all_finite(arrays: Arrays) -> bool:
    """Whether no array holds NaN or infinity."""
    return all(np.isfinite(a).all() for a in arrays.values() if a.dtype.kind == "f")


def write(path: Path, arrays: Arrays, about: dict[str, Any]) -> bool:
    """Replace `path`; False, and the file stays as it was, if a value is not finite.

    Raises:
        UserError: `file.full`, `file.write`; the file stays as it was.
    """
    if not all_finite(arrays):
        return False
    # ascontiguousarray makes vectors of scalars, so their shape is put back.
    solid = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in arrays.items()}
    data = save(solid, {"about": json.dumps(about, allow_nan=False)})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, lambda stream: stream.write(data))
    return True


def read(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays by name, and the JSON text of `path`.

    Raises:
        UserError: `checkpoint.damaged`.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            about: dict[str, Any] = _ABOUT.validate_json((file.metadata() or {})["about"])
            return {name: file.get_tensor(name) for name in sorted(file.keys())}, about
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise UserError(
            "checkpoint.damaged",
            f"{path.name} of the run {path.parent.parent.name} cannot be read.",
            "Start a new run; if the disk is failing, copy the project to another one first.",
            str(error),
        ) from error


def _name(place: int, variable: Any) -> str:
    """Keras numbers what has no name of its own ('adam_3') through a process; that is left out."""
    return f"{place:04}.{re.sub(r'_[0-9]+(?=/)', '', variable.path)}"
