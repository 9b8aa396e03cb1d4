"""Which blocks of a network the lab watches, and where it looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imgclf_gui import catalog
from imgclf_gui.core.entry import Block, KerasLayer
from imgclf_gui.plan.network import block_inputs, block_name, lane_prefix
from imgclf_gui.plan.plan import BlockPlan, NetworkPlan

SILENCING = ("relu", "relu6")
"""Functions that make zero, with no gradient, of all that is not positive."""


@dataclass(frozen=True)
class WatchedBlock:
    """A block with a kernel, and the Keras layers by which it is watched."""

    number: int
    """1 for the first in the network's order."""
    name: str
    """What the names of its own Keras layers begin with."""
    title: str
    """For people: '3 · Stage 1 · Convolution'."""
    layers: tuple[str, ...]
    """Its own Keras layers; their weights are the block's."""
    output: str
    """The Keras layer whose output is looked at: before the activation, behind normalisation."""
    silenced: bool
    """Whether an activation follows that silences what is not positive."""


def watched_blocks(plan: NetworkPlan) -> tuple[WatchedBlock, ...]:
    """The blocks with a kernel, trained or frozen, in the network's order, copies included.

    A kernel is what makes multiply-adds; the projection of a shortcut belongs to a container and
    is not watched. Looked at is the value before the block's own activation, or else that behind
    the normalisation blocks that follow it directly.

    Raises:
        UserError: the plan names a block that this installation lacks.
    """
    found = _in_chain(plan.blocks, "block", (), plan.classes)
    return tuple(
        WatchedBlock(number, it.name, " · ".join((str(number), *it.path)), it.layers, *it.looked_at)
        for number, it in enumerate(found, start=1)
    )


@dataclass(frozen=True)
class _Found:
    name: str
    path: tuple[str, ...]
    layers: tuple[str, ...]
    looked_at: tuple[str, bool]


@dataclass(frozen=True)
class _Placed:
    """A block of a chain with the names of its Keras layers."""

    plan: BlockPlan
    block: Block
    name: str
    layers: tuple[KerasLayer, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(_called(self.name, layer) for layer in self.layers)

    @property
    def function(self) -> str | None:
        """The activation that it ends with."""
        last = self.layers[-1] if self.layers else None
        return last.settings["activation"] if last and last.layer == "Activation" else None


def _in_chain(
    plans: Sequence[BlockPlan], prefix: str, path: tuple[str, ...], classes: int
) -> Iterator[_Found]:
    """Those of blocks behind each other; `path` holds the names of the containers around them."""
    chain = [_placed(plan, block_name(plan, prefix, i), classes) for i, plan in enumerate(plans)]
    for index, placed in enumerate(chain):
        plan = placed.plan
        if placed.block.holds == "nothing":
            if plan.multiply_adds and plan.parameters:
                looked_at = _looked_at(placed, chain[index + 1 :])
                yield _Found(placed.name, (*path, plan.title), placed.names, looked_at)
            continue
        inside = (*path, plan.entry.name) if plan.entry.name else path
        for number, lane in enumerate(plan.lanes):
            lane_names = f"{lane_prefix(prefix, index)}_{number:02}"
            yield from _in_chain(lane, lane_names, inside, classes)


def _looked_at(placed: _Placed, following: Sequence[_Placed]) -> tuple[str, bool]:
    """The layer whose output is looked at, and whether what follows it silences."""
    if placed.function is not None and len(placed.layers) > 1:
        return placed.names[-2], placed.function in SILENCING
    output = placed.names[-1]
    for behind in following:
        if behind.block.group != "Normalisation":
            return output, behind.block.group == "Activation" and behind.function in SILENCING
        output = behind.names[-1]
    return output, False


def _placed(plan: BlockPlan, name: str, classes: int) -> _Placed:
    block = catalog.load(plan.entry, catalog.block_entries())
    return _Placed(plan, block, name, block.layers(block_inputs(plan, classes)))


def _called(block: str, layer: KerasLayer) -> str:
    return f"{block}_{layer.name}" if layer.name else block
