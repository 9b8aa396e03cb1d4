"""A network in figures and words, as the Architecture page shows it. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from imgclf_gui import catalog
from imgclf_gui.core.entry import Mend, Preset, Shape
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.spec import BlockSpec, DataSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.core.tree import Blocks, Place, block_at, place_of, walk
from imgclf_gui.gui.widgets.words import large, shape_words
from imgclf_gui.plan import (
    EXAMPLE_DATASET,
    BlockPlan,
    NetworkDraft,
    NetworkPlan,
    Problem,
    data_plan,
    draft_network,
    preset_network,
    resolve_network,
)
from imgclf_gui.plan.network import MOST_BLOCKS

_FITS = {"pad": "padded", "crop": "cropped", "stretch": "stretched"}


@dataclass(frozen=True)
class Inputs:
    """What a network gets: images of one shape, and the number of classes."""

    shape: Shape
    classes: int
    example: bool
    """Whether there is no dataset yet, and these stand in for it."""

    def sentence(self) -> str:
        """Which figures are shown."""
        what = f"{shape_words(self.shape)} images and {self.classes} classes"
        if self.example:
            return f"Figures for {what}, until you import a dataset."
        return f"Figures for your dataset: {what}."


@dataclass(frozen=True)
class Card:
    """What the card of one block says; figures are empty behind a problem.

    Those of a block that holds others are for all of it, copies counted.
    """

    title: str
    brief: str = ""
    group: str = ""
    """The heading of the palette that it stands under."""
    shape: str = ""
    parameters: str = ""
    multiply_adds: str = ""
    memory: str = ""
    """Of one image's activations."""
    problem: str = ""
    mends: tuple[Mend, ...] = ()

    @property
    def figures(self) -> tuple[str, str, str, str]:
        """In the order of the columns."""
        return (self.shape, self.parameters, self.multiply_adds, self.memory)

    def sentence(self) -> str:
        """All of it, for people who hear the window."""
        names = ("makes {}", "{} parameters", "{} multiply-adds", "{} of activations")
        figures = [
            name.format(figure)
            for name, figure in zip(names, self.figures, strict=True)
            if figure not in ("", "–")
        ]
        return ", ".join(filter(None, [self.title, self.brief, *figures, self.problem]))


@dataclass(frozen=True)
class NetworkView:
    """One look at a network: its blocks, what they make of their inputs, and what cards say."""

    inputs: Inputs
    blocks: Blocks = ()
    shown: Blocks = ()
    """Those with a card: the first ones, where there are more than a network may have."""
    draft: NetworkDraft = field(default_factory=NetworkDraft)
    network: NetworkPlan | None = None
    """None while there are problems."""
    input_card: Card = Card("Input")
    cards: Mapping[Place, Card] = field(default_factory=dict)

    def problems_at(self, place: Place) -> list[Problem]:
        """Those of the block at `place` and its settings; of the network itself for ()."""
        return [one for one in self.draft.problems if self._card_of(one) == place]

    def _card_of(self, problem: Problem) -> Place:
        """Where it is told: at its block, if that has a card."""
        place = _place(problem)
        return place if place in self.cards else ()

    def shape_before(self, place: Place) -> Shape:
        """What reaches `place`, as far as it is known; else what reaches blocks before it."""
        while place:
            plan = self.draft.at.get(place)
            if plan is not None:
                return plan.input_shape
            holder, index = place[:-1], place[-1]
            if not index or self._has_lanes(holder):
                place = holder
                continue
            place = (*holder, index - 1)
            before = self.draft.at.get(place)
            if before is not None:
                return before.output_shape
        return self.inputs.shape

    def _has_lanes(self, place: Place) -> bool:
        entry = catalog.block_entries().get(block_at(self.blocks, place).kind) if place else None
        return entry is not None and entry.holds == "lanes"


def inputs_of(spec: ProjectSpec, dataset: DatasetSummary) -> Inputs:
    """The inputs that `dataset` gives, or the example where there is none."""
    data = data_plan(spec.data, dataset if dataset.labels else EXAMPLE_DATASET)
    shape = (data.height, data.width, data.channels)
    return Inputs(shape, len(data.labels), example=not dataset.labels)


def drafted(blocks: Blocks, inputs: Inputs) -> NetworkDraft:
    """The network of `blocks` as far as it goes; never change it.

    After an edit several ask for the same; it is planned once.
    """
    return _drafted(_Same(blocks), inputs.shape, inputs.classes)


class _Same:
    """Blocks that are equal only to themselves: to compare them would take as long as planning."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.blocks is self.blocks

    def __hash__(self) -> int:
        return id(self.blocks)


@lru_cache(maxsize=2)
def _drafted(same: _Same, shape: Shape, classes: int) -> NetworkDraft:
    return draft_network(same.blocks, shape, classes)


def network_view(spec: ProjectSpec, dataset: DatasetSummary) -> NetworkView:
    """What the page shows of the network of `spec`."""
    inputs, blocks = inputs_of(spec, dataset), spec.network.blocks
    draft = drafted(blocks, inputs)
    network, _ = resolve_network(spec.network, inputs.shape, inputs.classes, draft)
    shown = _first(blocks, MOST_BLOCKS)
    return NetworkView(
        inputs, blocks, shown, draft, network, _input_card(spec.data, inputs), _cards(shown, draft)
    )


def optimizer_slots(spec: ProjectSpec) -> int:
    """State values a weight of the spec's optimizer; 0 where it cannot be read."""
    try:
        return catalog.load(spec.training.optimizer, catalog.optimizer_entries()).slots
    except UserError:
        return 0  # the form says what is wrong with it


@lru_cache(maxsize=128)
def preset_plan(
    kind: str, shape: Shape, classes: int
) -> tuple[NetworkPlan | None, tuple[Problem, ...]]:
    """The network that a preset starts with for such images, or why it cannot be."""
    network, problems = resolve_network(preset_network(kind), shape, classes)
    return network, tuple(problems)


def preset_figures(preset: type[Preset], spec: ProjectSpec, inputs: Inputs) -> str:
    """Parameters, multiply-adds and memory of the network that `preset` starts with."""
    network, problems = preset_plan(preset.kind, inputs.shape, inputs.classes)
    if network is None:
        return " ".join(f"{problem.message} {problem.fix}" for problem in problems)
    memory = network.training_bytes(spec.training.batch_size, optimizer_slots(spec))
    return (
        f"{large(network.parameters)} parameters\n{large(network.multiply_adds)} multiply-adds\n"
        f"{bytes_words(memory)} for a training step"
    )


def block_title(block: BlockSpec) -> str:
    """What a person calls it: its name, or else its title."""
    entry = catalog.block_entries().get(block.kind)
    return block.name or (entry.title if entry else block.kind)


@dataclass(frozen=True)
class _Cost:
    """Of a block with everything inside."""

    parameters: int
    multiply_adds: int
    memory: int


def _cards(blocks: Blocks, draft: NetworkDraft) -> dict[Place, Card]:
    problems: dict[Place, list[Problem]] = {}
    for problem in draft.problems:
        problems.setdefault(_place(problem), []).append(problem)
    costs: dict[int, _Cost] = {}
    for plan in draft.at.values():
        _count(plan, costs)
    return {
        place: _card(block, draft.at.get(place), problems.get(place, []), costs)
        for place, block in walk(blocks)
    }


def _first(blocks: Blocks, count: int) -> Blocks:
    """The first `count` of `blocks` with those inside them, at the places that they have."""
    if sum(1 for _ in islice(walk(blocks), count + 1)) <= count:
        return blocks
    found: list[BlockSpec] = []
    for block in blocks:
        if count <= 0:
            break
        inside = _first(block.blocks, count - 1)
        count -= 1 + sum(1 for _ in walk(inside))
        found.append(
            block if inside is block.blocks else block.model_copy(update={"blocks": inside})
        )
    return tuple(found)


def _count(plan: BlockPlan, costs: dict[int, _Cost]) -> _Cost:
    """The cost of `plan`, which is kept in `costs` by its identity, as those inside are."""
    known = costs.get(id(plan))
    if known is not None:
        return known
    inside = [_count(inner, costs) for lane in plan.lanes for inner in lane]
    costs[id(plan)] = cost = _Cost(
        plan.parameters + sum(one.parameters for one in inside),
        plan.multiply_adds + sum(one.multiply_adds for one in inside),
        plan.activation_bytes + sum(one.memory for one in inside),
    )
    return cost


def _card(
    block: BlockSpec, plan: BlockPlan | None, problems: list[Problem], costs: dict[int, _Cost]
) -> Card:
    entry = catalog.block_entries().get(block.kind)
    card = Card(
        title=block_title(block),
        brief=_brief(block, plan.brief if plan else _settings(block)),
        group=entry.group if entry else "",
        problem=" ".join(f"{one.message} {one.fix}" for one in problems),
        mends=tuple(mend for one in problems for mend in one.mends),
    )
    if plan is None or problems:
        return card
    cost = costs[id(plan)]
    return Card(
        card.title,
        card.brief,
        card.group,
        shape=shape_words(plan.output_shape),
        parameters=_or_dash(cost.parameters),
        multiply_adds=_or_dash(cost.multiply_adds),
        memory=bytes_words(cost.memory) if cost.memory else "–",
    )


def _brief(block: BlockSpec, settings: str) -> str:
    """The settings; in front of them what it is, if it has a name of its own."""
    entry = catalog.block_entries().get(block.kind)
    kind = entry.title if entry and block.name else ""
    return ": ".join(filter(None, [kind, settings]))


def _settings(block: BlockSpec) -> str:
    """As a plan would tell them; empty where they cannot be read."""
    try:
        return catalog.load(block, catalog.block_entries()).brief()
    except UserError:
        return ""


def _input_card(data: DataSpec, inputs: Inputs) -> Card:
    height, width, channels = inputs.shape
    colour = "grayscale" if channels == 1 else "colour"
    brief = f"{width} wide, {height} high, {colour}, {_FITS[data.fit]}"
    memory = bytes_words(4 * height * width * channels)
    return Card("Input", brief, shape=shape_words(inputs.shape), memory=memory)


def _place(problem: Problem) -> Place:
    found = place_of(problem.path)
    return found[0] if found else ()


def _or_dash(number: int) -> str:
    return large(number) if number else "–"
