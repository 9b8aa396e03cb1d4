"""Backbones that a person adds: files of the catalogue's, and taking one's own away again."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import NoReturn

from imgclf_gui import catalog
from imgclf_gui.core.entry import PretrainedBackbone
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_atomic, write_error
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.plan.backbones import (
    LARGEST_BYTES,
    Arrays,
    Backbone,
    catalog_backbones,
    find_backbone,
    own_folder,
    parse_arrays,
)
from imgclf_gui.plan.network import named_blocks, resolve_network

_CLASSIFIER = "classifier/"
"""What the names of a last layer begin with, which a backbone does without."""
_HDF5, _ZIP = b"\x89HDF", b"PK\x03\x04"


def is_keras_file(path: Path) -> bool:
    """Whether `path` begins like a weights file of Keras (HDF5, or a .keras archive).

    Raises:
        UserError: `backbone.file`.
    """
    checked_file(path, LARGEST_BYTES)
    try:
        with path.open("rb") as stream:
            return stream.read(len(_HDF5)) in (_HDF5, _ZIP)
    except OSError as error:
        _refuse(path, "cannot be read", "Check that you may read it.", str(error))


def add_catalogue_file(path: Path, kind: str = "") -> tuple[Backbone, str]:
    """Keep the safetensors file `path` as weights of the catalogue's backbone that it is of.

    That is `kind`, or the one whose file is called so, or whose blocks its arrays fit. What
    there was before is replaced as a whole, or left as it was.

    Returns:
        The backbone, and the sha256 of the file.

    Raises:
        UserError: `backbone.file`, `backbone.unknown`, `backbone.damaged`, `file.full`,
            `file.write`.
    """
    entries = catalog.backbone_entries()
    if kind and kind not in entries:
        raise UserError(
            "backbone.unknown",
            f"There is no backbone '{kind:.80}' in the catalogue.",
            f"Choose one of: {', '.join(entries)}.",
        )
    checked_file(path, LARGEST_BYTES)
    content = _content(path)
    arrays, digest = parse_arrays(content, shown_name(path))
    found = kind or _recognised(path, arrays, digest)
    backbone = catalog_backbones()[found]
    if not _fits(arrays, entries[found]):
        _refuse(
            path,
            f"does not hold the weights of {backbone.title}: its arrays are of another network",
            _CATALOGUE_HINT,
        )
    if backbone.sha256 and digest != backbone.sha256:
        _refuse(
            path,
            f"is not the file that {backbone.title} was made with: its sha256 is {digest:.12}…, "
            f"not {backbone.sha256:.12}…",
            "Get it again, or make it with packaging/make_backbones.py.",
            f"sha256 {digest}, expected {backbone.sha256}",
        )
    target = own_folder() / entries[found].weights
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(target.parent, error) from error
    write_atomic(target, lambda stream: stream.write(content))
    return backbone, digest


def remove_backbone(name: str) -> Backbone:
    """Take the person's own backbone of that id away, with its weights.

    Raises:
        UserError: `backbone.unknown`, `backbone.catalogue` if it is not the person's own,
            `file.write`.
    """
    backbone = find_backbone(name)
    if not backbone.own:
        raise UserError(
            "backbone.catalogue",
            f"{backbone.title} belongs to the catalogue, and stays.",
            "Only backbones that you added can be removed.",
        )
    folder = own_folder() / backbone.id
    going = folder.with_name(f".{backbone.id}.part")  # half of it is no backbone
    try:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(going)
        folder.replace(going)
        shutil.rmtree(going)
    except OSError as error:
        raise write_error(folder, error) from error
    return backbone


def checked_file(path: Path, largest: int) -> None:
    """That `path` is a file that one can read to its end.

    Raises:
        UserError: `backbone.file`: it is none, or has more than `largest` bytes.
    """
    try:
        if not path.is_file():  # opening a named pipe would wait for ever
            missing = "is not a file" if path.exists() else "is not there"
            _refuse(path, missing, "Check the name, and that its disk is there.")
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        _refuse(path, "cannot be read", "Check the name, and that you may read it.", str(error))
    if size > largest:
        _refuse(path, f"is larger than {largest >> 30} GiB", "Choose a file of weights.")
    if not size:
        _refuse(path, "is empty", "Get it again.")


def shown_name(path: Path) -> str:
    """The name of the file in one line of valid text."""
    name = " ".join(path.name.split()).encode("utf-8", "replace").decode("utf-8")
    return f"{name:.100}"


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_BYTES)
    except OSError as error:
        _refuse(path, "cannot be read", "Check that you may read it.", str(error))


def _recognised(path: Path, arrays: Arrays, digest: str) -> str:
    entries = catalog.backbone_entries()
    for kind, entry in entries.items():
        if digest == entry.sha256:
            return kind
    for kind, entry in entries.items():
        if path.name == entry.weights:
            return kind
    for kind, entry in entries.items():
        if _fits(arrays, entry):
            return kind
    _refuse(path, "holds the weights of no backbone of the catalogue", _CATALOGUE_HINT)


def _fits(arrays: Arrays, entry: type[PretrainedBackbone]) -> bool:
    """Whether `arrays` has as many values for each block as it has parameters, and no others."""
    holder = BlockSpec(kind="backbone", blocks=entry().blocks())
    ending = (BlockSpec(kind="global-pooling"), BlockSpec(kind="logits"))
    plan, _ = resolve_network(NetworkSpec(blocks=(holder, *ending)), (entry.side, entry.side, 3), 2)
    if plan is None:
        return False
    wanted = {
        name: block.parameters
        for name, block in named_blocks(plan.blocks[0].lanes[0], "")
        if block.parameters
    }
    found: dict[str, int] = {}
    for name, array in arrays.items():
        if not name.startswith(_CLASSIFIER):
            layer = f"_{name.partition('/')[0]}"
            block = next((one for one in wanted if f"{layer}_".startswith(f"{one}_")), layer)
            found[block] = found.get(block, 0) + array.size
    return found == wanted


_CATALOGUE_HINT = (
    "Name what it is of with --as: a backbone of 'imgclf backbones', or a network of Keras, "
    "as keras:MobileNetV2."
)


def _refuse(path: Path, why: str, hint: str, details: str = "") -> NoReturn:
    raise UserError("backbone.file", f"{shown_name(path)} {why}.", hint, details)
