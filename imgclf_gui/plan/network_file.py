"""Networks as files and as text: reading what a person wrote or was given, and writing.

Our own form is JSON, one block a line:

    {"format": "imgclf-network", "version": 1, "preset": "cnn", "blocks": [{"kind": …}, …]}

A Keras model is read, too: its JSON configuration (`model.to_json()`), or the one in a .keras file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from imgclf_gui.core import strict_json
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.plan import keras_file
from imgclf_gui.plan.network import MOST_BLOCKS

FORMAT = "imgclf-network"
VERSION = 1
LARGEST_BYTES = 16 << 20
"""Of a network file's text; the largest in use have 1 MB."""
DEEPEST_JSON = 64
"""Brackets in one another: far above what blocks inside blocks need, far below what hurts."""

_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n"
_NO_WEIGHTS = "Weights are not taken over: a training begins with new ones."
_OWN_HINT = "Open a network saved by ImgClf Studio, or a Keras model as .keras or .json file."


@dataclass(frozen=True)
class ReadNetwork:
    """A network from a file, and what could not be taken over, one line each."""

    network: NetworkSpec
    notes: tuple[str, ...] = ()


def read_network(path: Path) -> ReadNetwork:
    """The network in `path`: our own JSON, a Keras model's, or a .keras file.

    Nothing of it is executed, and weights are not taken over.

    Kinds that this installation lacks and wrong settings are kept: they are problems of the
    network (see `draft_network`), not of the file.

    Raises:
        UserError: `network.file` (it is none, or damaged), `network.too_large`, `network.newer`,
            `network.keras` (a Keras model that cannot be taken over, and why).
    """
    name = path.name.encode("utf-8", "replace").decode("utf-8")
    content = _content(path, name)
    archived = content.startswith(_ZIP)
    if content.startswith(_HDF5):
        _refuse(name, "is in Keras's former HDF5 form", "Save the model as .keras with Keras 3.")
    try:
        raw = _parsed(keras_file.archived_config(path) if archived else content, name)
        if archived or keras_file.is_keras(raw):
            blocks, notes = keras_file.network_blocks(raw)
            return ReadNetwork(NetworkSpec(blocks=blocks), (*notes, _NO_WEIGHTS))
    except keras_file.Refused as refused:
        raise UserError("network.keras", f"{name} {refused.reason}.", refused.hint) from refused
    return ReadNetwork(_network(raw, name))


def network_text(network: NetworkSpec) -> str:
    """`network` in our own form, one block a line."""
    head = {"format": FORMAT, "version": VERSION, "preset": network.preset}
    fields = [f"  {_dumped(key)}: {_dumped(value)}," for key, value in head.items()]
    return "\n".join(["{", *fields, f'  "blocks": {_blocks_text(network.blocks, 1)}', "}", ""])


def write_network(path: Path, network: NetworkSpec) -> None:
    """Write `network` to `path`, atomically.

    Raises:
        UserError: `file.full`, `file.write`; the file is as it was before.
    """
    write_text_atomic(path, network_text(network))


def blocks_text(blocks: Sequence[BlockSpec]) -> str:
    """`blocks` for the clipboard: a JSON list, one block a line."""
    return _blocks_text(blocks, 0) + "\n"


def blocks_from_text(text: str) -> tuple[BlockSpec, ...]:
    """The blocks that `text` describes: a list of blocks, one block, or a whole network.

    Raises:
        UserError: `network.file`, `network.too_large`, `network.newer`.
    """
    name = "The text"
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > LARGEST_BYTES:
        _refuse_size(name, "is larger than a network may be")
    return _network(_parsed(content, name), name).blocks


def _content(path: Path, name: str) -> bytes:
    """What is in the file; of an archive the first bytes, since it may be of any size."""
    try:
        if not path.is_file():  # opening a named pipe would wait for ever
            missing = "is not a file" if path.exists() else "is not there"
            _refuse(name, missing, "Check the name, and that its disk is there.")
        with path.open("rb") as file:
            content = file.read(len(_HDF5))
            if not content.startswith((_ZIP, _HDF5)):
                content += file.read(LARGEST_BYTES)
    except OSError as error:
        _refuse(name, f"cannot be read: {error.strerror}", "Check that you may read it.")
    if len(content) > LARGEST_BYTES:
        _refuse_size(name, "is larger than a network may be")
    return content


def _parsed(content: bytes, name: str) -> Any:
    try:
        return strict_json.loads(content, deepest=DEEPEST_JSON)
    except ValueError as error:
        _refuse(name, f"cannot be read as JSON: {error}")


def _network(raw: Any, name: str) -> NetworkSpec:
    """The network of parsed JSON: the whole form, a list of blocks, or one block."""
    if isinstance(raw, dict) and "format" in raw:
        fields = _own_form(raw, name)
    elif isinstance(raw, dict) and "kind" in raw:
        fields = {"blocks": [raw]}
    elif isinstance(raw, dict) and "blocks" in raw:
        fields = raw
    elif isinstance(raw, list):
        fields = {"blocks": raw}
    else:
        _refuse(name, "is JSON, and describes no network")
    if _count(fields.get("blocks")) > MOST_BLOCKS:
        _refuse_size(name, f"has more than {MOST_BLOCKS:,} blocks")
    try:
        return NetworkSpec.model_validate(fields)
    except ValidationError as error:
        _refuse(name, _first_wrong(error), "Mend it there, or save the network again.")


def _own_form(raw: dict[str, Any], name: str) -> dict[str, Any]:
    form, version = raw["format"], raw.get("version")
    if form != FORMAT:
        _refuse(name, f"has the format {form!r:.60}, not '{FORMAT}'")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        _refuse(name, f"has the version {version!r:.60}, not {VERSION}")
    if version > VERSION:
        raise UserError(
            "network.newer",
            f"{name} was made by a newer ImgClf Studio (version {version} of its form; this "
            f"one knows {VERSION}).",
            "Update ImgClf Studio to open it.",
        )
    return {key: value for key, value in raw.items() if key not in ("format", "version")}


def _count(blocks: Any) -> int:
    """Blocks in `blocks` and inside them, as far as they have the right form."""
    waiting, count = [blocks], 0
    while waiting:
        inside = waiting.pop()
        if isinstance(inside, list):
            count += len(inside)
            waiting += [block.get("blocks") for block in inside if isinstance(block, dict)]
    return count


def _first_wrong(error: ValidationError) -> str:
    """'blocks.3.kind is 7: input should be a valid string'."""
    wrong = error.errors()[0]
    where = ".".join(map(str, wrong["loc"])) or "network"
    if wrong["type"] == "missing":
        return f"{where} is missing"
    message = wrong["msg"]
    return f"{where} is {wrong['input']!r:.60}: {message[:1].lower()}{message[1:]}"


def _blocks_text(blocks: Sequence[BlockSpec], depth: int) -> str:
    if not blocks:
        return "[]"
    indent = "  " * depth
    lines = ",\n".join(f"{indent}  {_block_text(block, depth + 1)}" for block in blocks)
    return f"[\n{lines}\n{indent}]"


def _block_text(block: BlockSpec, depth: int) -> str:
    stored = block.model_copy(update={"blocks": ()}).model_dump(mode="json")
    inside = f', "blocks": {_blocks_text(block.blocks, depth)}' if block.blocks else ""
    return f"{_dumped(stored)[:-1]}{inside}}}"


def _dumped(value: Any) -> str:
    """JSON in one line; what is no character becomes '?'."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode("utf-8")


def _refuse(name: str, why: str, hint: str = _OWN_HINT) -> NoReturn:
    raise UserError("network.file", f"{name} {why}.", hint)


def _refuse_size(name: str, what: str) -> NoReturn:
    raise UserError(
        "network.too_large",
        f"{name} {what}.",
        f"A network may have {LARGEST_BYTES >> 20} MB of text and {MOST_BLOCKS:,} blocks; "
        "repeat blocks with the Repeat block.",
    )
