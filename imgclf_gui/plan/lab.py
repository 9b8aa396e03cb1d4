"""The lab's twins: a network, and the same network without one of its ideas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.entry import SHORTCUTS, Block
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.tree import Blocks, walk

Entries = Mapping[str, type[Block]]


@dataclass(frozen=True)
class Ablation:
    """Something that can be taken out of a network."""

    kind: str
    """'shortcuts', or a block's kind: 'batch-normalization'."""
    title: str
    """For people, within a sentence: 'batch normalisation'."""


def ablations(network: NetworkSpec) -> tuple[Ablation, ...]:
    """What can be taken out of `network`: shortcuts first, then blocks in the network's order."""
    entries = catalog.block_entries()
    loaded = [(spec, _loaded(spec, entries)) for _, spec in walk(network.blocks)]
    known = [(spec, block) for spec, block in loaded if block is not None]
    kinds = dict.fromkeys([SHORTCUTS, *(spec.kind for spec, _ in known)])
    return tuple(
        Ablation(kind, ablation_title(kind))
        for kind in kinds
        if any(block.without(kind, spec) != (spec,) for spec, block in known)
    )


def ablation_title(what: str) -> str:
    """What people call `what` within a sentence; itself, if no block of that kind is known."""
    entry = catalog.block_entries().get(what)
    return entry.title.lower() if entry else what


def without(network: NetworkSpec, what: str) -> NetworkSpec:
    """`network` without `what` (a kind of `ablations`); all else stays as it is.

    Each block decides what stands in its place (`Block.without`). A block that left its bias to a
    normalisation directly behind it gets it back when that goes; a container with nothing left
    inside goes, too.

    Raises:
        UserError: `lab.nothing` if there is nothing of it in the network; `lab.branch` if nothing
            would be left of a branch.
    """
    possible = ablations(network)
    if what not in [ablation.kind for ablation in possible]:
        kinds = ", ".join(ablation.kind for ablation in possible)
        raise UserError(
            "lab.nothing",
            f"The network has no '{what:.50}' that could be taken out.",
            f"This network can be compared without: {kinds}."
            if kinds
            else "Choose a network with shortcuts or batch normalisation.",
        )
    blocks = _chain(network.blocks, what, catalog.block_entries())
    return network.model_copy(update={"blocks": blocks})


def _chain(blocks: Blocks, what: str, entries: Entries) -> Blocks:
    """`blocks` behind each other without `what`."""
    made: list[BlockSpec] = []
    for spec in blocks:
        left = _block(spec, what, entries)
        if not left and made and _normalises(spec, entries):
            made[-1] = _with_bias(made[-1])
        made += left
    return tuple(made)


def _block(spec: BlockSpec, what: str, entries: Entries) -> Blocks:
    """What is left of one block and of those inside it."""
    if spec.blocks:
        lanes = spec.kind in entries and entries[spec.kind].holds == "lanes"
        inside = (_lanes if lanes else _chain)(spec.blocks, what, entries)
        if not inside:
            return ()
        spec = spec.model_copy(update={"blocks": inside})
    return _remains(spec, what, entries)


def _lanes(blocks: Blocks, what: str, entries: Entries) -> Blocks:
    """Blocks side by side without `what`: one block for each, so that none merges with another."""
    lanes = [_block(spec, what, entries) for spec in blocks]
    if not all(lanes):
        raise UserError(
            "lab.branch",
            f"Without {ablation_title(what)} nothing would be left of a branch.",
            "Put another block into that branch, or compare without something else.",
        )
    return tuple(_as_one(lane) for lane in lanes)


def _as_one(lane: Sequence[BlockSpec]) -> BlockSpec:
    return lane[0] if len(lane) == 1 else BlockSpec(kind="group", blocks=tuple(lane))


def _remains(spec: BlockSpec, what: str, entries: Entries) -> Blocks:
    """What the block itself says; one that cannot be read stays as it is."""
    block = _loaded(spec, entries)
    return (spec,) if block is None else block.without(what, spec)


def _loaded(spec: BlockSpec, entries: Entries) -> Block | None:
    """The block that `spec` stores; None if it cannot be read."""
    try:
        return entries[spec.kind].model_validate(spec.settings)
    except (KeyError, ValidationError):
        return None


def _normalises(spec: BlockSpec, entries: Entries) -> bool:
    return spec.kind in entries and entries[spec.kind].group == "Normalisation"


def _with_bias(spec: BlockSpec) -> BlockSpec:
    if spec.settings.get("bias") is not False:
        return spec
    return spec.model_copy(update={"bias": True})
