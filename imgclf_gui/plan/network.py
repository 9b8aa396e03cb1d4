"""From arranged blocks to shapes, parameters and work, or to problems at their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pydantic import ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.block_checks import shape_text
from imgclf_gui.core.discovery import EntryT
from imgclf_gui.core.entry import Block, BlockInput, BlockProblem, Freeze, Mend, Shape
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec, EntrySpec, NetworkSpec
from imgclf_gui.core.tree import Blocks, Place, field_path, walk
from imgclf_gui.plan.plan import BlockPlan, NetworkPlan, Problem

MOST_BLOCKS = 1_000
"""In one network, copies counted; far above the deepest in use, and planned in a moment."""
DEEPEST = 10
"""Containers in one another."""
LARGEST_ACTIVATION = 2**40
"""Bytes that one block may make of one image, and keep as weights: more is a slip of the finger."""
MOST_TOLD = 10
"""Wrong settings of one entry that are problems of their own; the others follow when these go."""


def resolve_network(
    spec: NetworkSpec, input_shape: Shape, classes: int, draft: NetworkDraft | None = None
) -> tuple[NetworkPlan | None, list[Problem]]:
    """The network for images of `input_shape` (height, width, channels), or its problems.

    `draft` is the one of all this, if it has been made already.
    """
    draft = draft or draft_network(spec.blocks, input_shape, classes)
    if draft.problems:
        return None, draft.problems
    return NetworkPlan(input_shape=input_shape, classes=classes, blocks=draft.blocks), []


@dataclass
class NetworkDraft:
    """As far as a network can be planned; complete if there are no problems."""

    blocks: tuple[BlockPlan, ...] = ()
    """Those of the top up to the first problem."""
    at: dict[Place, BlockPlan] = field(default_factory=dict)
    """Every block that could be planned, of repeated ones the first copy."""
    problems: list[Problem] = field(default_factory=list)


def draft_network(blocks: Blocks, input_shape: Shape, classes: int) -> NetworkDraft:
    """The plan of `blocks` as far as it goes, and every problem that can be told."""
    if not blocks:
        return NetworkDraft(problems=[_EMPTY])
    too_much = _too_much(blocks)
    if too_much is not None:
        return NetworkDraft(problems=[too_much])
    draft = _Draft(classes)
    chain = draft.chain(blocks, (), input_shape, frozen="nothing")
    result = NetworkDraft(chain.plans, draft.at, list(draft.problems.values()))
    if chain.shape is not None and chain.shape != (classes,):
        result.problems.append(_wrong_end(chain.shape, classes))
    return result


def preset_network(kind: str) -> NetworkSpec:
    """The network that the preset `kind` starts with.

    Raises:
        UserError: `preset.unknown`.
    """
    presets = catalog.preset_entries()
    if kind not in presets:
        raise UserError(
            "preset.unknown",
            f"There is no preset '{kind}'.",
            f"Choose one of: {', '.join(presets)}.",
        )
    return NetworkSpec(preset=kind, blocks=presets[kind]().blocks())


def load_entry(
    spec: EntrySpec, entries: Mapping[str, type[EntryT]], path: str
) -> tuple[EntryT | None, list[Problem]]:
    """The entry that `spec` stores, or the problems of the spec, which stands at `path`."""
    entry = entries.get(spec.kind)
    if entry is None:
        message = f"This installation has no '{spec.kind:.50}'."
        return None, [Problem(path=path, message=message, fix=f"Choose one of: {_any(entries)}.")]
    try:
        return entry.model_validate(spec.settings), []
    except ValidationError as error:
        return None, [
            Problem(
                path=".".join([path, *map(_named, wrong["loc"])]),
                message=f"{entry.title}: {wrong['input']!r:.60} does not work here.",
                fix=f"{wrong['msg']}.",
            )
            for wrong in error.errors(include_url=False, include_context=False)[:MOST_TOLD]
        ]


def _named(setting: str | int) -> str:
    """A setting in a path: one of any name, so that no place within a network is meant by it."""
    return f"{setting!s:.60}".replace(".", "·")


@dataclass(frozen=True)
class _Chain:
    """Blocks behind each other; `shape` is None if a problem keeps it from being known."""

    plans: tuple[BlockPlan, ...]
    shape: Shape | None


class _Draft:
    """Plans blocks, and gathers what is wrong with them by path (copies have the same problem)."""

    def __init__(self, classes: int) -> None:
        self.at: dict[Place, BlockPlan] = {}
        self.problems: dict[str, Problem] = {}
        self._classes = classes
        self._entries = catalog.block_entries()
        self._loaded: dict[Place, Block | None] = {}
        self._planned = 0

    def chain(
        self,
        blocks: Blocks,
        holder: Place,
        shape: Shape | None,
        *,
        frozen: Freeze,
        within: Block | None = None,
    ) -> _Chain:
        """Plans of `blocks` inside `holder`, behind `shape`; None: only settings are checked.

        `frozen` is what is left as it is in all of them, `within` the block that holds them.
        """
        plans: list[BlockPlan] = []
        for index, spec in enumerate(blocks):
            left = within.freezes(index, len(blocks)) if within else "nothing"
            plan = self._block(spec, (*holder, index), shape, _more(frozen, left))
            if plan is not None:
                plans.append(plan)
            shape = plan.output_shape if plan is not None else None
        return _Chain(tuple(plans), shape)

    def _block(
        self, spec: BlockSpec, place: Place, shape: Shape | None, frozen: Freeze
    ) -> BlockPlan | None:
        block = self._load(spec, place)
        if block is None:
            self.chain(spec.blocks, place, None, frozen=frozen)
            return None
        lanes = self._lanes(block, spec, place, shape, frozen)
        if shape is None or lanes is None:
            return None
        ends = tuple(lane.shape for lane in lanes if lane.shape is not None)
        ends = ends[-1:] if block.holds == "chain" else ends
        inputs = BlockInput(shape, self._classes, ends)
        wrong = block.check(inputs)
        if wrong is not None:
            self._add(place, wrong)
            return None
        still = frozen == "all" or (frozen == "statistics" and block.gathers_statistics)
        plan = _block_plan(block, spec, inputs, tuple(lane.plans for lane in lanes), still)
        if plan.activation_bytes > LARGEST_ACTIVATION or 4 * plan.parameters > LARGEST_ACTIVATION:
            self._add(place, _too_large(plan))
            return None
        self.at.setdefault(place, plan)
        return plan

    def _lanes(
        self, block: Block, spec: BlockSpec, place: Place, shape: Shape | None, frozen: Freeze
    ) -> list[_Chain] | None:
        """What is inside: the chain of each copy, or each lane; None if something is wrong."""
        if block.holds == "nothing":
            if spec.blocks:
                self._add(place, _HOLDS_NOTHING)
            return None if spec.blocks else []
        if not spec.blocks:
            self._add(place, _HOLDS_TOO_LITTLE)
            return None
        lanes: list[_Chain] = []
        if block.holds == "lanes":
            for index, inner in enumerate(spec.blocks):
                left = _more(frozen, block.freezes(index, len(spec.blocks)))
                plan = self._block(inner, (*place, index), shape, left)
                lanes.append(_Chain((plan,), plan.output_shape) if plan else _Chain((), None))
        for _ in range(block.copies if block.holds == "chain" else 0):
            chain = self.chain(spec.blocks, place, shape, frozen=frozen, within=block)
            lanes.append(chain)
            shape = chain.shape
            if shape is None:
                break
        return None if any(lane.shape is None for lane in lanes) else lanes

    def _load(self, spec: BlockSpec, place: Place) -> Block | None:
        self._planned += 1
        if self._planned > MOST_BLOCKS:
            if self._planned == MOST_BLOCKS + 1:  # said once, not of each of the others
                self._add(place, _TOO_MANY)
            return None
        if place not in self._loaded:
            block, problems = load_entry(spec, self._entries, field_path(place))
            self._loaded[place] = block
            self.problems.update({problem.path: problem for problem in problems})
        return self._loaded[place]

    def _add(self, place: Place, wrong: BlockProblem) -> None:
        path = field_path(place)
        problem = Problem(path=path, message=wrong.message, fix=wrong.fix, mends=wrong.mends)
        self.problems.setdefault(path, problem)


def _more(one: Freeze, other: Freeze) -> Freeze:
    """What is left as it is where both are asked for."""
    return max(one, other, key=("nothing", "statistics", "all").index)


def _block_plan(
    block: Block,
    spec: BlockSpec,
    inputs: BlockInput,
    lanes: tuple[tuple[BlockPlan, ...], ...],
    frozen: bool,
) -> BlockPlan:
    parameters = block.parameters(inputs)
    return BlockPlan(
        entry=spec.model_copy(update={"blocks": ()}) if spec.blocks else spec,
        title=spec.name or block.title,
        brief=block.brief(),
        input_shape=inputs.shape,
        output_shape=block.output_shape(inputs),
        trainable_parameters=0 if frozen else parameters.trainable,
        not_trainable_parameters=parameters.total if frozen else parameters.not_trainable,
        multiply_adds=block.multiply_adds(inputs),
        activation_bytes=block.activation_bytes(inputs),
        lanes=lanes,
        frozen=frozen,
    )


def block_inputs(plan: BlockPlan, classes: int) -> BlockInput:
    """What the block of `plan` saw when it was planned."""
    ends = tuple(lane[-1].output_shape if lane else plan.input_shape for lane in plan.lanes)
    holds = catalog.block_entries()[plan.entry.kind].holds
    return BlockInput(plan.input_shape, classes, ends[-1:] if holds == "chain" else ends)


def block_name(plan: BlockPlan, prefix: str, index: int) -> str:
    """What the Keras layers of a block are called: its place and kind, 'block_03_residual'."""
    return f"{prefix}_{index:02}_{plan.entry.kind.replace('-', '_')}"


def lane_prefix(prefix: str, index: int) -> str:
    """What the names of lanes inside the block of that index begin with."""
    return f"{prefix}_{index:02}"


def named_blocks(
    blocks: Sequence[BlockPlan], prefix: str = "block"
) -> Iterator[tuple[str, BlockPlan]]:
    """Every block with the name that its Keras layers begin with, each before those inside it.

    'block_03_00_01_convolution' is the second block of the first lane (or copy) in the fourth.
    """
    for index, plan in enumerate(blocks):
        yield block_name(plan, prefix, index), plan
        for number, lane in enumerate(plan.lanes):
            yield from named_blocks(lane, f"{lane_prefix(prefix, index)}_{number:02}")


def has_too_many(blocks: Blocks) -> bool:
    """Whether `blocks` are more than a network may have, told without going through them all."""
    return next(islice(walk(blocks), MOST_BLOCKS, None), None) is not None


def _too_much(blocks: Blocks) -> Problem | None:
    """What is wrong with the sheer size of a network, told without planning it."""
    for number, (place, _) in enumerate(walk(blocks)):
        if len(place) > DEEPEST:
            return Problem(
                path=field_path(place),
                message=f"Blocks lie more than {DEEPEST} deep in one another here.",
                fix="Move them out of some of the blocks around them.",
            )
        if number >= MOST_BLOCKS:
            return Problem(path=field_path(place), message=_TOO_MANY.message, fix=_TOO_MANY.fix)
    return None


def _wrong_end(shape: Shape, classes: int) -> Problem:
    got = shape_text(shape)
    logits = BlockSpec(kind="logits")
    end = (BlockSpec(kind="global-pooling"), logits) if len(shape) == 3 else (logits,)
    return Problem(
        path="network.blocks",
        message=f"The network ends with {got} values, and there are {classes} classes.",
        fix="End it with the Logits block.",
        mends=(Mend(title="Add Logits", before=end),),
    )


def _too_large(plan: BlockPlan) -> BlockProblem:
    shape = shape_text(plan.output_shape)
    return BlockProblem(
        f"{plan.title} would make {shape} values with {plan.parameters:,} parameters: "
        "no machine holds that.",
        "Use smaller settings, or let the image shrink before it.",
    )


def _any(entries: Mapping[str, object]) -> str:
    return ", ".join(entries)


_EMPTY = Problem(
    path="network.blocks",
    message="The network has no blocks yet.",
    fix="Choose a starting network in the Architecture tab.",
)
_HOLDS_NOTHING = BlockProblem(
    "This block cannot hold others, and others lie inside it.", "Move them out of it."
)
_HOLDS_TOO_LITTLE = BlockProblem(
    "There is nothing inside this block yet.", "Put blocks into it, or remove it."
)
_TOO_MANY = BlockProblem(
    f"The network has more than {MOST_BLOCKS:,} blocks, those repeated counted each time.",
    "Remove some, or repeat them less often.",
)
