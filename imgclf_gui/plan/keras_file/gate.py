"""The gate before a Keras model: what it may be, told from its bytes and its configuration alone.

Keras is never asked, since its own checks let hostile files through: nothing of a file is executed,
unpacked or imported here, and of an archive only the configuration is read.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

MOST_ENTRIES_BYTES = 64 << 10
"""Of a zip's list of entries; a .keras file has three."""
LARGEST_CONFIG = 16 << 20
LARGEST_RATIO = 200
"""Bytes for each compressed byte; configurations reach some forty."""

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_END, _END_BYTES = b"PK\x05\x06", 22
_LONG_END, _LONG_END_BYTES = b"PK\x06\x07", 20
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)

_MODULES = ("keras", "keras.src.models.functional", "keras.src.models.sequential")
_OPEN_MODULES = (
    "layers",
    "models",
    "initializers",
    "regularizers",
    "constraints",
    "dtype_policies",
)
_KERAS_MODULES = (*_MODULES, *(f"keras.{name}" for name in _OPEN_MODULES))
_OPERATIONS = (("keras.src.ops.numpy", "Add"), ("keras.src.ops.numpy", "Multiply"))
"""What `x + y` and `x * y` become in a model."""
_DATA = ("__keras_tensor__", "__tuple__")
"""Tags of values in a configuration that stand for no class."""
_CODE = {
    "Lambda": "carries code of its own",
    "TFSMLayer": "loads a program from elsewhere",
    "TorchModuleWrapper": "carries a program of its own",
    "JaxLayer": "carries a program of its own",
    "FlaxLayer": "carries a program of its own",
    "function": "names a function",
    "__lambda__": "carries code of its own",
}


class Refused(Exception):  # noqa: N818 — not an error of ours
    """Why a Keras model is not opened, as the end of a sentence, and what to do."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint or "Networks saved by Keras and made of its own layers can be opened."


def no_block(kind: str, name: str) -> Refused:
    """That a layer of Keras has no counterpart here."""
    return Refused(
        f"has a {kind:.60} called {name!r:.60}, for which there is no block",
        "Take that layer out of the model, or build the network of blocks.",
    )


def archived_config(path: Path) -> bytes:
    """The configuration in the .keras file `path`.

    Raises:
        Refused: the archive is damaged, or not as Keras writes it.
    """
    return _archived(path, _CONFIG, LARGEST_CONFIG)


def archived_weights(path: Path, largest: int) -> bytes:
    """The weights in the .keras file `path`, as the HDF5 file that Keras writes; not looked into.

    Raises:
        Refused: the archive is damaged, not as Keras writes it, or they have more than `largest`
            bytes.
    """
    return _archived(path, _WEIGHTS, largest)


def _archived(path: Path, name: str, largest: int) -> bytes:
    try:
        with path.open("rb") as file:
            _check_entries(file)
            with zipfile.ZipFile(file) as archive:
                return _entry(archive, name, largest)
    except _DAMAGED as error:
        raise Refused(f"is a damaged archive: {error}", "Save or download it again.") from error


def check(config: Any) -> None:
    """Look at every class that the configuration names, however deep.

    Raises:
        Refused: one is not Keras's own, or could carry code.
    """
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            _check_class(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _check_entries(file: BinaryIO) -> None:
    """Before zipfile reads the list of entries: whether it is of a sane size."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - 0xFFFF))
    tail = file.read()
    at = len(tail) - _END_BYTES
    if not (tail[at:].startswith(_END) and tail.endswith(b"\0\0")):
        at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise Refused("is a damaged archive: its end is missing", "Save or download it again.")
    (listed,) = struct.unpack_from("<L", tail, at + 12)
    if listed > MOST_ENTRIES_BYTES or tail[max(0, at - _LONG_END_BYTES) :].startswith(_LONG_END):
        raise Refused("is an archive of far more files than a Keras model has")


def _entry(archive: zipfile.ZipFile, wanted: str, largest: int) -> bytes:
    for info in archive.infolist():
        name = info.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            raise Refused(f"has an entry that leads out of it: {name!r:.60}")
        if info.flag_bits & 1:
            raise Refused("is locked with a password", "Save it again without one.")
    found = [info for info in archive.infolist() if info.filename == wanted]
    if len(found) != 1:
        many = f"has {len(found)} files named {wanted}" if found else f"has no {wanted}"
        raise Refused(f"is no Keras model: it {many}", "Save the model again as .keras.")
    return _read(archive, found[0], largest)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, largest: int) -> bytes:
    what = "a configuration" if info.filename == _CONFIG else "weights"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("is compressed in a way that Keras does not use")
    if info.file_size > largest:
        raise Refused(f"has {what} of more than {largest >> 20:,} MB")
    if info.file_size > LARGEST_RATIO * max(1, info.compress_size):
        raise Refused(f"has {what} in an archive that swells when it is unpacked")
    with archive.open(info) as file:
        return file.read(largest)


def _check_class(value: dict[str, Any]) -> None:
    if "class_name" not in value:
        return
    name = value["class_name"]
    if not isinstance(name, str):
        raise Refused(f"names {name!r:.60} where the name of a class should stand")
    if name in _CODE:
        raise Refused(f"has a {name:.60}{_called(value)}, which {_CODE[name]}")
    if name in _DATA:
        return
    module = value.get("module")
    known = module is None or module in _KERAS_MODULES or (module, name) in _OPERATIONS
    if not known:
        raise Refused(
            f"has a {name:.60}{_called(value)} from {module!r:.60}, which is none of Keras's layers"
        )
    if value.get("registered_name") not in (None, name):
        raise Refused(
            f"has a {name:.60}{_called(value)}, registered as {value['registered_name']!r:.60}: "
            "a class of someone's own"
        )


def _called(value: dict[str, Any]) -> str:
    """' called …', if the layer has a name."""
    config = value.get("config")
    name = value.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return f" called {name!r:.60}" if isinstance(name, str) else ""
