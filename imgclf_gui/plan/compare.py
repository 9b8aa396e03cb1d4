"""Two networks side by side: which blocks are the same, what differs, and what each costs. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Literal

from pydantic import ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.figures import three_digits
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.tree import Blocks, Place
from imgclf_gui.plan.network import NetworkDraft, draft_network, has_too_many
from imgclf_gui.plan.plan import BlockPlan, NetworkPlan

Status = Literal["same", "changed", "left", "right"]
"""Of two blocks, or of one that only the left or only the right network has."""

OWN_TITLE = "this network"
"""What the project's own network is called, inside a sentence."""
MOST_COMPARED = 250 * 250
"""Pairs of blocks in one container; of more each is compared with the one at its own place."""
MOST_NAMED = 4
"""Differences that the summary tells one by one."""


@dataclass(frozen=True)
class Side:
    """One of the two networks, as it was planned."""

    title: str
    network: NetworkSpec
    draft: NetworkDraft
    plan: NetworkPlan | None
    """None if the network has problems."""


@dataclass(frozen=True)
class Seat:
    """A block in its network; figures are with those of blocks inside, None if not known."""

    place: Place
    title: str
    brief: str
    shape: Shape | None = None
    parameters: int | None = None
    multiply_adds: int | None = None


@dataclass(frozen=True)
class Setting:
    """One setting of which the two blocks have different values, in words."""

    title: str
    left: str
    right: str


@dataclass(frozen=True)
class Row:
    """A block of the left network, the one of the right that answers to it, or both."""

    status: Status
    left: Seat | None
    right: Seat | None
    settings: tuple[Setting, ...] = ()
    """What differs in the blocks themselves; empty if only blocks inside differ."""
    inside: tuple[Row, ...] = ()

    def walk(self) -> Iterator[Row]:
        """It, and every row inside it."""
        yield self
        for row in self.inside:
            yield from row.walk()


@dataclass(frozen=True)
class Total:
    """One figure of both networks; None where a network has problems.

    Multiply-adds and activations are those of one image.
    """

    key: Literal["parameters", "trainable", "multiply_adds", "activation_bytes", "training_bytes"]
    title: str
    left: int | None
    right: int | None

    @property
    def in_bytes(self) -> bool:
        """Whether it is memory rather than a count."""
        return self.key.endswith("bytes")

    @property
    def ratio(self) -> float | None:
        """The left one as a multiple of the right one; None if one of them is unknown or 0."""
        return self.left / self.right if self.left and self.right else None


@dataclass(frozen=True)
class Comparison:
    """Everything that is told of two networks."""

    left: Side
    right: Side
    rows: tuple[Row, ...]
    totals: tuple[Total, ...]
    summary: str
    """In a sentence or two."""

    def walk(self) -> Iterator[Row]:
        """Every row, each before those inside it."""
        for row in self.rows:
            yield from row.walk()


def side(title: str, network: NetworkSpec, input_shape: Shape, classes: int) -> Side:
    """The network called `title`, planned for images of `input_shape` in `classes` classes."""
    draft = draft_network(network.blocks, input_shape, classes)
    plan = None
    if not draft.problems:
        plan = NetworkPlan(input_shape=input_shape, classes=classes, blocks=draft.blocks)
    return Side(title, network, draft, plan)


def compare(left: Side, right: Side, batch_size: int, optimizer_slots: int) -> Comparison:
    """What differs between two networks; memory is that of a step of `batch_size` images."""
    rows = _aligned(_nodes_of(left), _nodes_of(right))
    totals = _totals(left.plan, right.plan, batch_size, optimizer_slots)
    summary = f"{_costs(left, right, totals)} {_differences(left, right, rows)}".strip()
    return Comparison(left, right, tuple(rows), totals, summary)


def heading(title: str) -> str:
    """`title` as it begins a sentence or heads a column."""
    return OWN_TITLE.capitalize() if title == OWN_TITLE else title


def network_key(blocks: Blocks) -> str:
    """Equal for networks that are the same; names, and settings that are as usual, do not count."""
    if has_too_many(blocks):
        return "too many blocks"  # nobody trains them
    return ";".join(node.key for node in _nodes(blocks, (), NetworkDraft()))


def planned_blocks(plans: Sequence[BlockPlan]) -> Blocks:
    """The blocks that were planned as `plans`: those of a run, without reading its spec."""
    return tuple(_planned_block(plan) for plan in plans)


def _planned_block(plan: BlockPlan) -> BlockSpec:
    if not plan.lanes:
        return plan.entry
    entry = catalog.block_entries().get(plan.entry.kind)
    side_by_side = entry is not None and entry.holds == "lanes"
    inside = [lane[0] for lane in plan.lanes] if side_by_side else plan.lanes[0]
    return plan.entry.model_copy(update={"blocks": planned_blocks(inside)})


@dataclass(frozen=True)
class _Node:
    """A block with every setting written out; equal keys are equal blocks, whatever their names."""

    kind: str
    settings: dict[str, Any]
    seat: Seat
    inside: tuple[_Node, ...]
    key: str


def _nodes_of(one: Side) -> list[_Node]:
    """None of a network that is too large: its summary says so."""
    blocks = one.network.blocks
    return [] if has_too_many(blocks) else _nodes(blocks, (), one.draft)


def _nodes(blocks: Blocks, holder: Place, draft: NetworkDraft) -> list[_Node]:
    return [_node(spec, (*holder, index), draft) for index, spec in enumerate(blocks)]


def _node(spec: BlockSpec, place: Place, draft: NetworkDraft) -> _Node:
    settings = _whole_settings(spec)
    inside = tuple(_nodes(spec.blocks, place, draft))
    own = json.dumps(settings, sort_keys=True, default=repr)
    key = f"{spec.kind} {own} [{';'.join(node.key for node in inside)}]"
    return _Node(spec.kind, settings, _seat(spec, place, draft.at.get(place)), inside, key)


def _whole_settings(spec: BlockSpec) -> dict[str, Any]:
    """The settings with the usual values of those that are not stored; as stored if wrong."""
    entry = catalog.block_entries().get(spec.kind)
    if entry is None:
        return spec.settings
    try:
        return entry.model_validate(spec.settings).model_dump(mode="json")
    except ValidationError:
        return spec.settings


def _seat(spec: BlockSpec, place: Place, plan: BlockPlan | None) -> Seat:
    entry = catalog.block_entries().get(spec.kind)
    title = spec.name or (entry.title if entry else f"{spec.kind:.100}")
    if plan is None:
        return Seat(place, title, "")
    return Seat(
        place,
        title,
        plan.brief,
        plan.output_shape,
        sum(block.parameters for block in plan.walk()),
        sum(block.multiply_adds for block in plan.walk()),
    )


def _aligned(left: Sequence[_Node], right: Sequence[_Node]) -> list[Row]:
    """Equal blocks meet first; between them those of one kind, in their order."""
    rows: list[Row] = []
    begin = _common([node.key for node in left], [node.key for node in right])
    rest_left, rest_right = left[begin:], right[begin:]
    end = _common(
        [node.key for node in reversed(rest_left)], [node.key for node in reversed(rest_right)]
    )
    rows += [_pair(one, other) for one, other in zip(left[:begin], right[:begin], strict=True)]
    rows += _matched(rest_left[: len(rest_left) - end], rest_right[: len(rest_right) - end])
    if end:
        rows += [_pair(one, other) for one, other in zip(left[-end:], right[-end:], strict=True)]
    return rows


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many keys both begin with: two large networks that are nearly equal meet at once."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (one, other) in pairs if one != other), min(len(left), len(right)))


def _matched(left: Sequence[_Node], right: Sequence[_Node]) -> list[Row]:
    rows: list[Row] = []
    if len(left) * len(right) > MOST_COMPARED:
        for one, other in zip_longest(left, right):
            rows += _of_one_kind([one] if one else [], [other] if other else [])
        return rows
    keys = [node.key for node in left], [node.key for node in right]
    for tag, i, j, k, m in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [_pair(one, other) for one, other in zip(left[i:j], right[k:m], strict=True)]
        else:
            rows += _of_one_kind(left[i:j], right[k:m])
    return rows


def _of_one_kind(left: Sequence[_Node], right: Sequence[_Node]) -> list[Row]:
    rows: list[Row] = []
    kinds = [node.kind for node in left], [node.kind for node in right]
    for tag, i, j, k, m in SequenceMatcher(None, *kinds, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [_pair(one, other) for one, other in zip(left[i:j], right[k:m], strict=True)]
        else:
            rows += [_alone(node, "left") for node in left[i:j]]
            rows += [_alone(node, "right") for node in right[k:m]]
    return rows


def _pair(left: _Node, right: _Node) -> Row:
    inside = tuple(_aligned(left.inside, right.inside))
    if left.key == right.key:
        return Row("same", left.seat, right.seat, (), inside)
    return Row("changed", left.seat, right.seat, tuple(_settings(left, right)), inside)


def _alone(node: _Node, status: Literal["left", "right"]) -> Row:
    inside = tuple(_alone(one, status) for one in node.inside)
    if status == "left":
        return Row(status, node.seat, None, (), inside)
    return Row(status, None, node.seat, (), inside)


def _settings(left: _Node, right: _Node) -> Iterator[Setting]:
    entry = catalog.block_entries().get(left.kind)
    for name in dict.fromkeys([*left.settings, *right.settings]):
        one, other = left.settings.get(name), right.settings.get(name)
        if one != other:
            field = entry.model_fields.get(name) if entry else None
            title = (field.title if field else None) or f"{name:.60}"
            yield Setting(title, _words(one), _words(other))


def _words(value: Any) -> str:
    """A setting's value as a person reads it."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case _:
            return f"{value!s:.100}"


def _totals(
    left: NetworkPlan | None, right: NetworkPlan | None, batch_size: int, slots: int
) -> tuple[Total, ...]:
    one, other = _figures(left, batch_size, slots), _figures(right, batch_size, slots)
    return (
        Total("parameters", "Parameters", one[0], other[0]),
        Total("trainable", "Trainable parameters", one[1], other[1]),
        Total("multiply_adds", "Multiply-adds", one[2], other[2]),
        Total("activation_bytes", "Activations", one[3], other[3]),
        Total("training_bytes", f"Step of {batch_size:,} images", one[4], other[4]),
    )


def _figures(plan: NetworkPlan | None, batch_size: int, slots: int) -> tuple[int | None, ...]:
    if plan is None:
        return (None,) * 5
    return (
        plan.parameters,
        plan.trainable_parameters,
        plan.multiply_adds,
        plan.activation_bytes,
        plan.training_bytes(batch_size, slots),
    )


def _costs(left: Side, right: Side, totals: Sequence[Total]) -> str:
    """'ResNet-56 has 3.16× the parameters and 3.09× the multiply-adds of ResNet-20.'"""
    for one in (left, right):
        if one.plan is None:
            problem = one.draft.problems[0]
            return f"{heading(one.title)} has a problem: {problem.message} {problem.fix}"
    parameters, work = totals[0].ratio, totals[2].ratio
    if parameters is None or work is None:
        return ""
    if parameters == work == 1:
        return "Both have equally many parameters and multiply-adds."
    larger, smaller = left.title, right.title
    if (parameters, work) < (1, 1):
        larger, smaller, parameters, work = smaller, larger, 1 / parameters, 1 / work
    costs = f"{_times(parameters)} the parameters and {_times(work)} the multiply-adds"
    return f"{heading(larger)} has {costs} of {smaller}."


def _times(ratio: float) -> str:
    return "1×" if ratio == 1 else f"{three_digits(ratio)}×"


def _differences(left: Side, right: Side, rows: Sequence[Row]) -> str:
    """'From ResNet-20 to ResNet-56: 3 × Repeat (Times 2 → 8).'"""
    told = Counter(text for row in rows for text in _told(row))
    if not told:
        return "Block by block they are the same."
    named = [
        f"{count} × {text}" if count > 1 else text for text, count in told.most_common(MOST_NAMED)
    ]
    more = len(told) - len(named)
    rest = f"; and {more} more {'difference' if more == 1 else 'differences'}" if more else ""
    return f"From {left.title} to {right.title}: {'; '.join(named)}{rest}."


def _told(row: Row) -> Iterator[str]:
    """Each difference of a row and those inside it, in a few words."""
    if row.left is None or row.right is None:
        seat = row.left or row.right
        yield f"{seat.title if seat else ''} {'removed' if row.right is None else 'added'}"
        return
    if row.settings:
        changes = ", ".join(f"{one.title} {one.left} → {one.right}" for one in row.settings)
        yield f"{row.left.title} ({changes})"
    for inner in row.inside:
        yield from _told(inner)
