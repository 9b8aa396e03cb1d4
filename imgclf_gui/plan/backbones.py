"""Backbones that a network can begin with: those of the catalogue, and a person's own.

A person's own lie in the folder `backbones` of the app's data folder, each in a folder of its own
that is called like it: `backbone.json` says what it is, `weights.safetensors` holds its weights.
Weights of a catalogue's backbone that does not ship inside lie there as a file. Nothing in any of
these files is ever executed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import Field, ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.entry import Mend, PretrainedBackbone, Shape
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_atomic, write_text_atomic
from imgclf_gui.core.resources import data_folder, resource
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.tree import field_path, walk
from imgclf_gui.plan.plan import NetworkPlan, Problem, Value

if TYPE_CHECKING:  # the window plans with this, and starts faster without
    from numpy.typing import NDArray

FOLDER = "backbones"
ABOUT, WEIGHTS = "backbone.json", "weights.safetensors"
LARGEST_BYTES = 2 << 30
"""Of a weights file; the largest of Keras's applications has 1.3 GB."""
LARGEST_ABOUT = 4 << 20
_DECIDING = ("flatten", "global-pooling", "logits")
"""Blocks that end what a network sees of an image: they and what follows is its head."""

Arrays: TypeAlias = "dict[str, NDArray[Any]]"


class Backbone(Value):
    """A feature extractor with weights."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}$")
    """As the field Weights of a backbone block, and `--backbone`, name it."""
    title: str = Field(min_length=1, max_length=200)
    summary: str = ""
    learned_from: str = ""
    licence: str = ""
    paper: str = ""
    width: int = Field(ge=1, le=2048)
    height: int = Field(ge=1, le=2048)
    """Of the images that it learned from, in pixels."""
    smallest: int = Field(1, ge=1, le=2048)
    """The smallest side of an image that leaves something to extract."""
    channels: Literal[1, 3] = 3
    blocks: tuple[BlockSpec, ...]
    """From values 0…1 to features; each is a step of the freezing."""
    sha256: str = ""
    """Of the weights file; empty if any that fits will do."""
    own: bool = False
    """Whether a person added it."""
    made_of: str = ""
    """The run and its epoch that it is what was learned by, see `run_mark`; empty if of none."""
    source: str = ""
    """The address that its weights were downloaded from; empty if they were not."""


def backbones() -> dict[str, Backbone]:
    """Every backbone of the catalogue and of the person, by id.

    A folder that cannot be read is left out.
    """
    return {**catalog_backbones(), **_own_backbones()}


@cache
def catalog_backbones() -> Mapping[str, Backbone]:
    """Those of the catalogue, by kind."""
    return {kind: _of_entry(entry()) for kind, entry in catalog.backbone_entries().items()}


def find_backbone(name: str) -> Backbone:
    """The backbone with that id.

    Raises:
        UserError: `backbone.unknown`.
    """
    known = backbones()
    if name not in known:
        raise UserError(
            "backbone.unknown",
            f"There is no backbone '{name:.80}' on this machine.",
            f"Choose one of: {', '.join(known)}; or add it with 'imgclf backbones --add'.",
        )
    return known[name]


def weights_path(backbone: Backbone) -> Path | None:
    """Where its weights are; None if they are not on this machine."""
    if backbone.own:
        places = [own_folder() / backbone.id / WEIGHTS]
    else:
        name = catalog.backbone_entries()[backbone.id].weights
        places = [own_folder() / name]
        with contextlib.suppress(FileNotFoundError):
            places.insert(0, resource(FOLDER, name))
    return next((path for path in places if path.is_file()), None)


def weights_file(backbone: Backbone) -> Path:
    """The file with its weights.

    Raises:
        UserError: `backbone.missing`.
    """
    path = weights_path(backbone)
    if path is None:
        raise UserError(
            "backbone.missing",
            f"The weights of {backbone.title} are not on this machine.",
            f"Add the file: imgclf backbones --add {_file_name(backbone)}.",
        )
    return path


def read_weights(backbone: Backbone) -> Arrays:
    """Its weights, by layer and variable: '01_00_00_convolution/kernel'. All are finite numbers.

    Raises:
        UserError: `backbone.missing`, `backbone.damaged`.
    """
    path = weights_file(backbone)
    arrays, found = read_arrays(path)
    if backbone.sha256 and found != backbone.sha256:
        raise UserError(
            "backbone.damaged",
            f"{path.name} is not the file that {backbone.title} was made with.",
            "Add it again; if it came with the app, install the app again.",
            f"sha256 {found}, expected {backbone.sha256}",
        )
    return arrays


def read_arrays(path: Path) -> tuple[Arrays, str]:
    """The arrays of a safetensors file, and the sha256 of the file.

    Raises:
        UserError: `backbone.damaged`.
    """
    try:
        # One that is too large is cut short, and so no whole file.
        with path.open("rb") as stream:
            content = stream.read(LARGEST_BYTES)
    except OSError as error:
        raise _no_safetensors(path.name, error) from error
    return parse_arrays(content, path.name)


def parse_arrays(content: bytes, name: str) -> tuple[Arrays, str]:
    """The arrays of a safetensors file called `name` in messages, and the sha256 of `content`.

    Raises:
        UserError: `backbone.damaged`.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise _no_safetensors(name, error) from error
    for key, array in arrays.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise UserError(
                "backbone.damaged",
                f"{name} holds values that are no numbers, in {key:.80}.",
                "Get it again, or choose another.",
            )
    return arrays, sha256(content).hexdigest()


def _no_safetensors(name: str, error: Exception) -> UserError:
    return UserError(
        "backbone.damaged",
        f"{name} is no whole safetensors file.",
        "Get it again, or choose another.",
        str(error),
    )


def add_backbone(backbone: Backbone, arrays: Arrays) -> Backbone:
    """Keep `backbone` with its weights in the person's folder; one of the same id is replaced.

    Raises:
        UserError: `file.full`, `file.write`; what was there is as it was.
    """
    import numpy as np
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    backbone = backbone.model_copy(update={"own": True, "sha256": sha256(content).hexdigest()})
    folder = own_folder() / backbone.id
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            "file.write", f"{folder} cannot be made.", "Check the rights to it.", str(error)
        ) from error
    write_atomic(folder / WEIGHTS, lambda stream: stream.write(content))
    write_text_atomic(folder / ABOUT, backbone.model_dump_json(indent=1))
    return backbone


def own_id(title: str, content: str) -> str:
    """An id that tells a reader what it is, and that another of the same title does not get."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40]
    return f"{words or 'own'}-{sha256(content.encode()).hexdigest()[:8]}"


def run_mark(created_at: float, epoch: int) -> str:
    """What tells a run, made at that moment, as it was best after `epoch` from all others."""
    return f"{created_at}:{epoch}"


def feature_blocks(kinds: Sequence[str]) -> int:
    """How many of a network's blocks, of these `kinds`, lie in front of its head."""
    return next((i for i, kind in enumerate(kinds) if kind in _DECIDING), len(kinds))


def first_backbone(network: NetworkSpec, known: Mapping[str, Backbone]) -> Backbone | None:
    """The first in the network's chain of which weights are named, if it is among `known`."""
    for block in network.blocks:
        name = block.settings.get("weights")
        if block.kind == "backbone" and isinstance(name, str) and name in known:
            return known[name]
    return None


def backbone_problems(network: NetworkSpec, known: Mapping[str, Backbone]) -> list[Problem]:
    """Backbones whose weights are not there, or do not belong to the blocks inside."""
    problems = []
    for place, block in walk(network.blocks):
        name = block.settings.get("weights") if block.kind == "backbone" else None
        if not isinstance(name, str) or not name:
            continue
        wrong = _wrong(block, name, known)
        if len(place) > 1:
            wrong = "A backbone with weights lies inside another block.", "Move it to the top."
        if wrong:
            path = f"{field_path(place)}.weights"
            problems.append(Problem(path=path, message=wrong[0], fix=wrong[1]))
    return problems


def input_problems(network: NetworkPlan, known: Mapping[str, Backbone]) -> list[Problem]:
    """Backbones that images reach which they cannot see: too small, or of other colours."""
    problems = []
    for index, block in enumerate(network.blocks):
        backbone = known.get(str(block.entry.settings.get("weights", "")))
        if backbone is not None and len(block.input_shape) == 3:
            problem = _unseen(backbone, block.input_shape, f"{field_path((index,))}.weights")
            problems += [problem] if problem else []
    return problems


def _unseen(backbone: Backbone, shape: Shape, path: str) -> Problem | None:
    height, width, channels = shape
    if channels != backbone.channels:
        return Problem(
            path=path,
            message=f"{backbone.title} learned from images with {backbone.channels} values a "
            f"pixel; those that reach it have {channels}.",
            fix=f"Set Colour of the images to {'rgb' if backbone.channels == 3 else 'grayscale'}.",
        )
    if min(height, width) >= backbone.smallest:
        return None
    larger = BlockSpec(kind="resize", width=backbone.width, height=backbone.height)
    return Problem(
        path=path,
        message=f"Images of {width}×{height} pixels reach {backbone.title}; of fewer than "
        f"{backbone.smallest} a side it makes nothing of use.",
        fix=f"Let the network draw them larger, at best {backbone.width}×{backbone.height}.",
        mends=(Mend(title=f"Resize to {backbone.width}×{backbone.height}", before=(larger,)),),
    )


def _wrong(block: BlockSpec, name: str, known: Mapping[str, Backbone]) -> tuple[str, str] | None:
    backbone = known.get(name)
    if backbone is None:
        return (
            f"There is no backbone '{name:.80}' on this machine.",
            "Choose another on the Transfer page, or add its weights.",
        )
    if block.blocks != backbone.blocks[: len(block.blocks)]:
        return (
            f"The blocks inside are no longer those of {backbone.title}: its weights have no "
            "place there.",
            "Undo the change, or empty the field Weights to train it from nothing.",
        )
    return None


def _of_entry(entry: PretrainedBackbone) -> Backbone:
    return Backbone(
        id=entry.kind,
        title=entry.title,
        summary=entry.summary,
        learned_from=entry.learned_from,
        licence=entry.licence,
        paper=entry.paper,
        width=entry.side,
        height=entry.side,
        smallest=entry.smallest,
        blocks=entry.blocks(),
        sha256=entry.sha256,
    )


def own_folder() -> Path:
    """Where the person's own lie, and files of the catalogue's that do not ship."""
    return data_folder() / FOLDER


def _own_backbones() -> dict[str, Backbone]:
    found = {}
    for path in sorted(own_folder().glob(f"*/{ABOUT}")):
        try:
            backbone = _read_about(path, path.stat().st_mtime_ns)
        except OSError:
            continue
        if backbone is not None and backbone.id == path.parent.name and backbone.own:
            found[backbone.id] = backbone
    return found


@lru_cache(maxsize=256)
def _read_about(path: Path, changed: int) -> Backbone | None:
    """What stands in `path`, last `changed` then: asked for with every edit of a network."""
    del changed
    if path.stat().st_size > LARGEST_ABOUT:
        return None
    try:
        return Backbone.model_validate_json(path.read_bytes())
    except (ValidationError, RecursionError):
        return None


def _file_name(backbone: Backbone) -> str:
    return WEIGHTS if backbone.own else catalog.backbone_entries()[backbone.id].weights
