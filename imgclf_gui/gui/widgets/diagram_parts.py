"""What the picture of a network consists of, in its own units (pixels at 100 %). No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from imgclf_gui.core.tree import Place

Look = Literal["planes", "values", "slim", "unknown"]


class Box(NamedTuple):
    """A rectangle; y grows downwards, and the image flows along y = 0."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    def holds(self, x: float, y: float) -> bool:
        """Whether the point lies in it."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def around(self, other: Box) -> Box:
        """The smallest rectangle that holds both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        right, bottom = max(self.right, other.right), max(self.bottom, other.bottom)
        return Box(left, top, right - left, bottom - top)


NOWHERE = Box(0, 0, 0, 0)


@dataclass(frozen=True)
class Card:
    """One block that holds no others; or the network's input, whose place is ()."""

    place: Place
    look: Look
    box: Box
    """The front; planes reach back from it to the upper right by `depth`."""
    depth: float
    title: str
    brief: str
    shape: str
    """What leaves the block, in words; empty if that is not known."""
    group: str
    problem: str = ""
    caption: Box | None = None
    """The room for title, brief and shape below; None: the title stands inside, upright."""

    @property
    def known(self) -> bool:
        """Whether the shape that leaves it is known."""
        return bool(self.shape)

    @property
    def hull(self) -> Box:
        """Everything of it but the caption."""
        left, top, width, height = self.box
        return Box(left, top - self.depth, width + self.depth, height + self.depth)


@dataclass(frozen=True)
class Frame:
    """A container around its blocks."""

    place: Place
    box: Box
    title: str
    """Empty for one that needs none; its border then shows only while it is chosen."""
    known: bool
    problem: str = ""


@dataclass(frozen=True)
class Arc:
    """The shortcut of a container: from the lower left of `box` over its top to the lower right."""

    place: Place
    box: Box
    mark: str
    """What happens to the image on the way: '', '1×1' (projected), 'zeros' (padded)."""


class Wire(NamedTuple):
    """From one block to the next; a curve where the heights differ."""

    x0: float
    y0: float
    x1: float
    y1: float


class Joint(NamedTuple):
    """Where lanes or a shortcut come together: '+' added, '∪' laid side by side."""

    x: float
    y: float
    sign: str


@dataclass
class Layout:
    """The whole picture."""

    cards: list[Card] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    """Each before those inside it."""
    arcs: list[Arc] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    joints: list[Joint] = field(default_factory=list)
    box: Box = NOWHERE

    def place_at(self, x: float, y: float) -> Place | None:
        """The innermost block at a point; None where there is none."""
        for card in reversed(self.cards):  # a later one stands before the depth of an earlier one
            if card.hull.holds(x, y) or (card.caption and card.caption.holds(x, y)):
                return card.place or None
        inside = [frame.place for frame in self.frames if frame.box.holds(x, y)]
        return inside[-1] if inside else None

    @property
    def drawn(self) -> Sequence[Card | Frame]:
        """Every block, and the input."""
        return (*self.cards, *self.frames)

    def box_of(self, place: Place) -> Box | None:
        """Where a block stands; None if it is not drawn."""
        for one in self.drawn:
            if one.place == place:
                return one.hull if isinstance(one, Card) else one.box
        return None

    def places(self) -> list[Place]:
        """Every block that is drawn, in the order of the network."""
        return sorted(one.place for one in self.drawn if one.place)
