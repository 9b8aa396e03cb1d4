"""Blocks and whole networks drawn at random: from the fields' own bounds, without a list by hand.

What is drawn always resolves, and is small enough for Keras to build in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import prod
from random import Random
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.core.entry import Block, Shape
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.plan import BlockPlan, draft_network

LARGEST_NUMBER = 12
"""Of settings that count something."""
MOST_VALUES = 20_000
MOST_PARAMETERS = 100_000
MOST_INSIDE = 15
DEEPEST = 3
TRIES = 60


@dataclass(frozen=True)
class DrawnNetwork:
    """A network, and the images and classes that it is for."""

    network: NetworkSpec
    shape: Shape
    classes: int


def random_network(seed: int) -> DrawnNetwork:
    """A tree of blocks that resolves, always the same for a seed."""
    random = Random(seed)
    classes = random.randint(2, 9)
    start: Shape = (random.randint(4, 16), random.randint(4, 16), random.choice((1, 3)))
    shape = start
    blocks: list[BlockSpec] = []
    for _ in range(random.randint(1, 6)):
        block = random_block(random, shape, classes)
        made = resolved(block, shape, classes).output_shape
        if len(made) == 3 or random.random() < 0.3:  # most of them stay with images for a while
            blocks.append(block)
            shape = made
    if len(shape) == 3:
        blocks.append(BlockSpec(kind=random.choice(("flatten", "global-pooling"))))
    network = NetworkSpec(blocks=(*blocks, BlockSpec(kind="logits")))
    return DrawnNetwork(network, start, classes)


def random_shape(random: Random) -> Shape:
    """Of an image mostly, else of a list of values."""
    if random.random() < 0.2:
        return (random.randint(1, 24),)
    return (random.randint(1, 16), random.randint(1, 16), random.randint(1, LARGEST_NUMBER))


def random_block(random: Random, shape: Shape, classes: int, depth: int = 0) -> BlockSpec:
    """A block of any kind that can stand behind `shape`, with others inside if it holds some."""
    entries = list(catalog.block_entries().values())
    for _ in range(TRIES):
        entry = random.choice(entries)
        if depth < DEEPEST or entry.holds == "nothing":
            spec = random_of(random, entry, shape, classes, depth)
            if spec is not None:
                return spec
    return BlockSpec(kind="activation")


def random_of(
    random: Random, entry: type[Block], shape: Shape, classes: int, depth: int = 0
) -> BlockSpec | None:
    """A block of one kind; None if what was drawn cannot stand behind `shape`."""
    spec = BlockSpec(kind=entry.kind, **random_settings(random, entry))
    if entry.holds != "nothing":
        spec = _filled(random, spec, shape, classes, depth)
    return spec if _fits(spec, shape, classes) else None


def random_settings(random: Random, entry: type[Block]) -> dict[str, Any]:
    """Each setting as it is from the start, or anything within its bounds."""
    properties = entry.model_json_schema().get("properties", {})
    return {
        name: _value(random, schema) for name, schema in properties.items() if random.random() < 0.5
    }


def resolved(spec: BlockSpec, shape: Shape, classes: int) -> BlockPlan:
    """The plan of a block that fits behind `shape`."""
    (plan,) = draft_network((spec,), shape, classes).blocks
    return plan


@cache
def _properties(entry: type[Block]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = entry.model_json_schema().get("properties", {})
    return found


def _value(random: Random, schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return random.choice(schema["enum"])
    if schema["type"] == "boolean":
        return random.random() < 0.5
    if schema["type"] == "string":  # the name of something: what is there decides
        return schema["default"]
    low: Any = schema.get("minimum", schema.get("exclusiveMinimum"))
    high: Any = schema.get("maximum", schema.get("exclusiveMaximum"))
    if schema["type"] == "integer":
        return random.randint(low, max(low, min(high, LARGEST_NUMBER)))
    return low + (high - low) * random.uniform(0.01, 0.99)


def _filled(random: Random, spec: BlockSpec, shape: Shape, classes: int, depth: int) -> BlockSpec:
    """`spec` with blocks inside: each is kept if the whole still resolves with it."""
    entry = catalog.block_entries()[spec.kind]
    example = spec.model_copy(update={"blocks": entry.example_blocks(shape)})
    inner = shape
    for _ in range(random.randint(1, 3)):
        candidate = random_block(random, inner, classes, depth + 1)
        grown = spec.model_copy(update={"blocks": (*spec.blocks, candidate)})
        if _fits(grown, shape, classes):
            spec = grown
            if entry.holds == "chain":
                inner = resolved(candidate, inner, classes).output_shape
    return spec if spec.blocks else example


def _fits(spec: BlockSpec, shape: Shape, classes: int) -> bool:
    blocks = draft_network((spec,), shape, classes).blocks
    if not blocks:
        return False
    inside = list(blocks[0].walk())
    return (
        len(inside) <= MOST_INSIDE
        and sum(block.parameters for block in inside) <= MOST_PARAMETERS
        and all(prod(block.output_shape) <= MOST_VALUES for block in inside)
    )
