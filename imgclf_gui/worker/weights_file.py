"""Weights out of Keras's HDF5 files, read as numbers alone: Keras is never asked to load them.

Three layouts: that of Keras 3 (.weights.h5, and inside .keras), where layers are counted by class;
and that of Keras 2, alone or inside a whole model (.h5), where they have their names. A link that
leads out of the file, values that are no numbers, and anything larger than what it is read for is
refused before a single value is read.

A damaged file can hang or crash the HDF5 library itself. So a process of its own looks at files
from elsewhere (`read_apart`), with a limit to its time and memory.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import h5py
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.plan.backbone_files import checked_file, shown_name
from imgclf_gui.plan.backbones import LARGEST_BYTES
from imgclf_gui.plan.keras_file import Refused, archived_weights

Shape = tuple[int, ...]
Read = dict[str, list[NDArray[Any]]]
"""The arrays of each layer, in Keras's order."""

_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
_HEADS = re.compile(r"(predictions|fc\d+|logits|conv_preds|dense)(_\d+)?", re.IGNORECASE)
"""Layers of a classifier that its features do without."""
_FILTERS = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
"""HDF5's own; any other would be a program loaded from elsewhere."""
_MOST_NAMES = 5_000
SECONDS = 20.0
"""A file may take so long,"""
_BYTES_A_SECOND = 20e6
"""and longer by its size; the slowest disks read as much."""
_MEMORY = 12 << 30
"""Address space of the process that reads: an archive, its file and the arrays, all at once."""
_DAMAGED = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, MemoryError)
"""What h5py raises for files that are not as they should be."""

_OTHER_HINT = (
    "Choose the file of this very network, or name the one it is of; MobileNet and MobileNetV2 "
    "come in several widths: keras:MobileNetV2:0.35."
)


@dataclass(frozen=True)
class WantedLayer:
    """A layer with weights, as the model has it that they are for."""

    name: str
    counted: str
    """As Keras 3 calls it in a file: its class and a number, 'conv2d_3'."""
    shapes: tuple[Shape, ...]


def read_apart(path: Path, wanted: Sequence[WantedLayer] | None) -> tuple[Read, str]:
    """The arrays of each wanted layer and the sha256 of the file, read in a process of its own.

    With None the file is only opened, and nothing of it read.

    Raises:
        UserError: `backbone.file`.
    """
    checked_file(path, LARGEST_BYTES)
    limit = SECONDS + path.stat().st_size / _BYTES_A_SECOND
    question = None if wanted is None else [asdict(layer) for layer in wanted]
    with TemporaryDirectory(prefix="imgclf-") as scratch:
        read = Path(scratch) / "arrays.safetensors"
        command = [sys.executable, "-m", __name__, str(path), str(read)]
        try:
            done = subprocess.run(
                command,
                input=json.dumps(question),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=limit,
                check=False,
                text=True,
            )
            answer = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError) as error:
            _refuse(
                path, "is a damaged HDF5 file: it cannot be read to its end", details=str(error)
            )
        if "error" in answer:
            raise UserError.from_report(ErrorReport.model_validate(answer["error"]))
        arrays = load_file(read) if wanted else {}
    found = {
        layer.name: [arrays[f"{layer.name}/{index}"] for index in range(len(layer.shapes))]
        for layer in wanted or ()
    }
    return found, str(answer["sha256"])


def main(path: Path, target: Path) -> None:
    """Answer `read_apart`: one JSON object on stdout, and the arrays in `target`."""
    _limit_memory()
    question = json.load(sys.stdin)
    try:
        with open_weights(path) as file:
            if question is not None:
                wanted = [
                    WantedLayer(one["name"], one["counted"], tuple(map(tuple, one["shapes"])))
                    for one in question
                ]
                read = file.read(wanted)
                arrays = {
                    f"{name}/{i}": a for name, all_ in read.items() for i, a in enumerate(all_)
                }
                save_file(arrays, target)
            answer: dict[str, Any] = {"sha256": file.sha256}
    except UserError as error:
        answer = {"error": error.report.model_dump(mode="json")}
    print(json.dumps(answer), flush=True)


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def open_weights(path: Path) -> Iterator[WeightsFile]:
    """The weights file `path`, not yet read: HDF5, or a .keras file.

    Raises:
        UserError: `backbone.file`.
    """
    checked_file(path, LARGEST_BYTES)
    try:
        with path.open("rb") as stream:
            beginning = stream.read(len(_HDF5))
            stream.seek(0)
            if beginning.startswith(_ZIP):
                content = archived_weights(path, LARGEST_BYTES)
                source: Any = io.BytesIO(content)
            elif beginning == _HDF5:
                source = stream
            else:
                _refuse(path, "is no weights file of Keras: neither HDF5 nor .keras")
            digest = file_digest(stream, "sha256").hexdigest()
            with h5py.File(source, "r") as file:
                yield WeightsFile(path, file, digest)
    except Refused as refused:
        _refuse(path, refused.reason, refused.hint)
    except _DAMAGED as error:
        _refuse(path, "is a damaged HDF5 file", details=str(error))


class WeightsFile:
    """An open file of weights."""

    def __init__(self, path: Path, file: h5py.File, digest: str) -> None:
        self.sha256 = digest
        self._path = path
        self._file = file
        self._counted = self._has("layers")
        self._named: dict[str, list[str]] = {}
        """The layers with weights and where these are, in the layout of Keras 2."""
        if not self._counted:
            self._named = self._layers()

    def read(self, wanted: Sequence[WantedLayer]) -> Read:
        """The arrays of each wanted layer, all finite.

        Raises:
            UserError: `backbone.file` if the file holds other layers, or of other shapes.
        """
        places = self._counted_places(wanted) if self._counted else self._named_places(wanted)
        datasets = {
            layer.name: [
                self._dataset(place, shape)
                for place, shape in zip(places[layer.name], layer.shapes, strict=True)
            ]
            for layer in wanted
        }
        return {name: [self._values(one) for one in found] for name, found in datasets.items()}

    def _counted_places(self, wanted: Sequence[WantedLayer]) -> Mapping[str, list[str]]:
        here = {layer.counted for layer in wanted}
        for name in self._group("layers"):
            inside = f"layers/{name}/vars"
            if name not in here and self._has(inside) and len(self._group(inside)):
                self._check_head(name)
        places = {}
        for layer in wanted:
            inside = f"layers/{layer.counted}/vars"
            count = len(self._group(inside)) if self._has(inside) else 0
            self._check_count(layer, count)
            places[layer.name] = [f"{inside}/{index}" for index in range(count)]
        return places

    def _named_places(self, wanted: Sequence[WantedLayer]) -> Mapping[str, list[str]]:
        """By name; where a layer was called otherwise by the order, as Keras does it."""
        there = list(self._named)
        ours = [layer.name for layer in wanted]
        by_name = set(ours) <= set(there)
        surplus = [name for name in there if name not in ours] if by_name else there[len(ours) :]
        if len(there) < len(ours):
            _refuse(
                self._path,
                f"has {len(there)} layers with weights, and {len(ours)} are wanted",
                _OTHER_HINT,
            )
        for name in surplus:
            self._check_head(name)
        found = ours if by_name else there
        places = {}
        for layer, name in zip(wanted, found, strict=False):
            self._check_count(layer, len(self._named[name]))
            places[layer.name] = self._named[name]
        return places

    def _check_head(self, name: str) -> None:
        if _HEADS.fullmatch(name) is None:
            _refuse(
                self._path,
                f"has a layer {name!r:.60} that this network lacks: it is of another one",
                _OTHER_HINT,
            )

    def _check_count(self, layer: WantedLayer, count: int) -> None:
        if count != len(layer.shapes):
            _refuse(
                self._path,
                f"has {count} arrays for the layer {layer.name!r:.60}, not {len(layer.shapes)}: "
                "it is of another network",
                _OTHER_HINT,
            )

    def _layers(self) -> dict[str, list[str]]:
        top = "model_weights/" if self._has("model_weights") else ""
        root = self._group(top.rstrip("/")) if top else self._file
        found = {}
        for name in self._texts(root, "layer_names"):
            group = self._group(f"{top}{name}")
            places = [f"{top}{name}/{place}" for place in self._texts(group, "weight_names")]
            if places:
                found[name] = places
        if not found:
            _refuse(self._path, "is HDF5, and holds no layers of Keras")
        return found

    def _texts(self, group: h5py.Group, name: str) -> list[str]:
        """Names in an attribute; a long list of them is spread over several: name0, name1, …"""
        if name in group.attrs:
            return self._text_attribute(group, name)
        found: list[str] = []
        while (part := f"{name}{len(found)}") in group.attrs:
            found.append(part)
        return [text for part in found for text in self._text_attribute(group, part)]

    def _text_attribute(self, group: h5py.Group, name: str) -> list[str]:
        attribute = group.attrs.get_id(name)
        if len(attribute.shape) != 1 or attribute.shape[0] > _MOST_NAMES:
            _refuse(self._path, f"has an attribute {name} of the shape {attribute.shape}")
        if not attribute.shape[0]:
            return []
        if h5py.check_string_dtype(attribute.dtype) is None:
            _refuse(self._path, f"has an attribute {name} that holds no text")
        texts = [
            one.decode("utf-8") if isinstance(one, bytes) else str(one) for one in group.attrs[name]
        ]
        for text in texts:
            if not text or text.startswith("/") or ".." in text.split("/"):
                _refuse(self._path, f"names a layer {text!r:.60}")
        return texts

    def _has(self, place: str) -> bool:
        return self._object(place) is not None

    def _group(self, place: str) -> h5py.Group:
        found = self._object(place)
        if not isinstance(found, h5py.Group):
            _refuse(self._path, f"lacks the group {place!r:.80}")
        return found

    def _object(self, place: str) -> Any:
        """What is at `place`, or None; no link may lead elsewhere."""
        at: Any = self._file
        for step in place.split("/"):
            link = at.get(step, getlink=True) if isinstance(at, h5py.Group) else None
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                kind = "another file" if isinstance(link, h5py.ExternalLink) else "another place"
                _refuse(self._path, f"has a link to {kind}: {place!r:.80}")
            at = at[step]
        return at

    def _dataset(self, place: str, shape: Shape) -> h5py.Dataset:
        """The array at `place`, of that shape by what it declares; nothing of it is read yet."""
        found = self._object(place)
        if not isinstance(found, h5py.Dataset):
            _refuse(self._path, f"lacks the array {place!r:.80}")
        if found.dtype.kind not in ("f", "i") or found.dtype.itemsize > 8:
            _refuse(self._path, f"has an array that holds no numbers: {place!r:.80}")
        if found.shape != shape:
            _refuse(
                self._path,
                f"has an array of the shape {found.shape} where {shape} is wanted, {place!r:.80}: "
                "it is of another network",
                _OTHER_HINT,
            )
        if found.external or found.is_virtual:
            _refuse(self._path, f"has an array that lies in another file: {place!r:.80}")
        made = found.id.get_create_plist()
        if any(made.get_filter(i)[0] not in _FILTERS for i in range(made.get_nfilters())):
            _refuse(self._path, f"has an array compressed in an unusual way: {place!r:.80}")
        return found

    def _values(self, dataset: h5py.Dataset) -> NDArray[Any]:
        values = np.asarray(dataset[()])
        if not np.isfinite(values).all():
            _refuse(self._path, f"holds values that are no numbers, in {dataset.name!r:.80}")
        return values.astype(np.float32) if values.dtype.kind == "f" else values


def wanted_layers(layers: Sequence[Any]) -> list[WantedLayer]:
    """What a file must hold for the Keras layers of a model, in its order."""
    from keras.src.utils.naming import to_snake_case

    counts: Counter[str] = Counter()
    found = []
    for layer in layers:
        kind = to_snake_case(type(layer).__name__)
        number = counts[kind]
        counts[kind] += 1
        if layer.weights:
            shapes = tuple(tuple(weight.shape) for weight in layer.weights)
            counted = f"{kind}_{number}" if number else kind
            found.append(WantedLayer(layer.name, counted, shapes))
    return found


def _refuse(path: Path, why: str, hint: str = "", *, details: str = "") -> NoReturn:
    raise UserError(
        "backbone.file",
        f"{shown_name(path)} {why}.",
        hint or "Choose a weights file that Keras saved, or get it again.",
        details[:500],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
