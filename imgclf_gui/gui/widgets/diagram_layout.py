"""Where each block stands in the picture of a network, from left to right. No Qt.

Each piece knows its width and how far it reaches above and below the line along which the image
flows; then each is put where its holder wants it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log2, log10, prod, sqrt
from typing import Protocol

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Blocks, Place, place_of
from imgclf_gui.gui.widgets.diagram_parts import (
    NOWHERE,
    Arc,
    Box,
    Card,
    Frame,
    Joint,
    Layout,
    Look,
    Wire,
)
from imgclf_gui.gui.widgets.words import shape_words
from imgclf_gui.plan import BlockPlan, NetworkDraft

MOST_DRAWN = 1_000
"""Blocks; a network of more is refused anyway."""
DEEPEST = 10
"""Containers in one another."""
SLIM_GROUPS = ("Normalisation", "Activation", "Regularisation")
"""Blocks that change values and no shape: they lean on the block before them."""

_GAP = 14.0
_LEAN = 3.0
"""Pixels between blocks, and between a block and the slim ones behind it."""
_SLIM, _VALUES, _UNKNOWN = 13.0, 12.0, 24.0
"""Widths."""
_LOW, _HIGH = 18.0, 92.0
"""Heights of the smallest and of the largest image."""
_DEPTH = 0.22
"""How far planes reach back, as a share of their width."""
LINE = 13.0
"""Pixels from one line of a caption to the next."""
_CAPTION = 3 * LINE + 6
_LETTER, _NARROWEST, _WIDEST = 6.1, 36.0, 104.0
"""A letter's width, about, and the bounds of a caption's."""
UNKNOWN = "not known"
"""Stands for the shape behind a problem."""
TITLE = 17.0
_PAD = 8.0
"""Of frames: the room for the title, and around the blocks."""
_RISE = 16.0
"""Pixels from the top of the blocks to the shortcut over them."""
_FORK = 22.0
"""Room in which lanes part, and come together."""


def layout_network(blocks: Blocks, draft: NetworkDraft, input_shape: Shape) -> Layout:
    """The picture of `blocks` as `draft` found them, for images of (height, width, channels)."""
    layout = Layout()
    chain = _Pieces(draft, input_shape).chain(blocks, ())
    chain.put(0.0, 0.0, layout)
    layout.box = Box(0.0, -chain.up, chain.width, chain.up + chain.down)
    return layout


class _Piece(Protocol):
    """A part of the picture: `up` and `down` are pixels above and below the line."""

    width: float
    up: float
    down: float

    def put(self, x: float, y: float, layout: Layout) -> None:
        """Add it to `layout`: its left end at `x`, its line at `y`."""


class _Pieces:
    """Makes the pieces of a network."""

    def __init__(self, draft: NetworkDraft, input_shape: Shape) -> None:
        shapes = [plan.output_shape for plan in draft.at.values()]
        self._largest = max(shape[0] for shape in (input_shape, *shapes) if len(shape) == 3)
        self._input_shape = input_shape
        self._plans = draft.at
        self._problems = _problems(draft)
        self._left = MOST_DRAWN
        self._entries = catalog.block_entries()

    def chain(self, blocks: Blocks, holder: Place) -> _Chain:
        """`blocks` behind each other; slim ones stand close behind the block before them."""
        leaves: list[_Leaf] = [] if holder else [self._input()]
        pieces: list[_Piece] = []
        for index, spec in enumerate(blocks):
            if self._left <= 0:
                break
            piece = self._piece(spec, (*holder, index))
            if isinstance(piece, _Leaf) and piece.look == "slim":
                leaves.append(piece)
                continue
            pieces += [_Cell(leaves)] if leaves else []
            leaves = [piece] if isinstance(piece, _Leaf) else []
            pieces += [] if isinstance(piece, _Leaf) else [piece]
        pieces += [_Cell(leaves)] if leaves else []
        return _Chain(pieces)

    def _piece(self, spec: BlockSpec, place: Place) -> _Piece:
        self._left -= 1
        if spec.blocks and len(place) < DEEPEST:
            return self._container(spec, place)
        return self._leaf(spec, place)

    def _container(self, spec: BlockSpec, place: Place) -> _Piece:
        entry, plan = self._entries.get(spec.kind), self._plans.get(place)
        lanes = entry is not None and entry.holds == "lanes"
        frame = Frame(
            place=place,
            box=NOWHERE,
            title=_frame_title(spec, plan),
            known=plan is not None,
            problem=self._problems.get(place, ""),
        )
        if lanes:
            pieces = [self._lane(one, (*place, i)) for i, one in enumerate(spec.blocks)]
            added = spec.settings.get("merge") == "add"
            return _Framed(_Lanes(pieces, "+" if added else "∪"), frame)
        inside = self.chain(spec.blocks, place)
        return _Framed(inside, frame, _shortcut_mark(spec, plan))

    def _lane(self, spec: BlockSpec, place: Place) -> _Piece:
        piece = self._piece(spec, place)
        return _Cell([piece]) if isinstance(piece, _Leaf) else piece

    def _leaf(self, spec: BlockSpec, place: Place) -> _Leaf:
        entry, plan = self._entries.get(spec.kind), self._plans.get(place)
        group = entry.group if entry else ""
        title = spec.name or (entry.title if entry else f"{spec.kind:.100}")
        shape = plan.output_shape if plan else None
        look: Look = "unknown" if shape is None else "planes" if len(shape) == 3 else "values"
        slim = group in SLIM_GROUPS
        width, height, depth = self._size(shape)
        card = Card(
            place=place,
            look="slim" if slim else look,
            box=Box(0, 0, _SLIM if slim else width, height),
            depth=depth,
            title=title,
            brief=plan.brief if plan else "",
            shape=shape_words(shape) if shape else "",
            group=group,
            problem=self._problems.get(place, ""),
        )
        return _Leaf(card)

    def _input(self) -> _Leaf:
        width, height, depth = self._size(self._input_shape)
        box, shape = Box(0, 0, width, height), shape_words(self._input_shape)
        return _Leaf(Card((), "planes", box, depth, "Input", "the image", shape, ""))

    def _size(self, shape: Shape | None) -> tuple[float, float, float]:
        """Width, height and depth of what makes `shape`."""
        if shape is None:
            return _UNKNOWN, (_LOW + _HIGH) / 2, 0.0
        if len(shape) != 3:
            return _VALUES, min(_HIGH, _LOW + 18 * log10(max(1, prod(shape)))), 0.0
        high, wide = (self._side(side) for side in shape[:2])
        return 4 + 4 * log2(shape[2] + 1), high, _DEPTH * wide

    def _side(self, pixels: int) -> float:
        return _LOW + (_HIGH - _LOW) * sqrt(min(1.0, pixels / self._largest))


class _Leaf:
    """One block that holds no others."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.look = card.look
        self.width = card.box.width
        self.depth = card.depth
        self.up = card.box.height / 2 + card.depth
        self.down = card.box.height / 2

    @property
    def caption_width(self) -> float:
        """What its caption wants: the title whole, the rest as far as there is room."""
        card = self._card
        longest = max(len(card.title), len(card.shape or UNKNOWN), min(14, len(card.brief)))
        return min(_WIDEST, max(_NARROWEST, _LETTER * longest))

    def put(self, x: float, y: float, layout: Layout, caption: Box | None = None) -> None:
        """Add the card with its left edge at `x`."""
        card, box = self._card, self._card.box
        place = Box(x, y - box.height / 2, box.width, box.height)
        layout.cards.append(replace(card, box=place, caption=caption))


class _Cell:
    """A block and the slim ones that lean on it, with one caption below."""

    def __init__(self, leaves: Sequence[_Leaf]) -> None:
        self._leaves = leaves
        self._drawn = sum(leaf.width for leaf in leaves) + _LEAN * (len(leaves) - 1)
        self._drawn += leaves[-1].depth
        first = leaves[0]
        self._captioned = first.look != "slim"
        self.width = max(self._drawn, first.caption_width if self._captioned else 0.0)
        self.up = max(leaf.up for leaf in leaves)
        self.bottom = max(leaf.down for leaf in leaves)
        self.down = self.bottom + (_CAPTION if self._captioned else 0.0)

    def sink(self, bottom: float) -> None:
        """Let the caption stand below `bottom`, in one line with others."""
        self.bottom = bottom
        self.down = bottom + (_CAPTION if self._captioned else 0.0)

    def put(self, x: float, y: float, layout: Layout) -> None:
        """The blocks in the middle of the room that the caption takes."""
        room = Box(x, y + self.bottom + 4, self.width, _CAPTION - 6)
        left = x + (self.width - self._drawn) / 2
        layout.wires.append(Wire(x, y, x + self.width, y))
        for leaf in self._leaves:
            captioned = self._captioned and leaf is self._leaves[0]
            leaf.put(left, y, layout, room if captioned else None)
            left += leaf.width + _LEAN


class _Chain:
    """Pieces behind each other."""

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self._pieces = pieces
        cells = [piece for piece in pieces if isinstance(piece, _Cell)]
        bottom = max((cell.bottom for cell in cells), default=0.0)
        for cell in cells:
            cell.sink(bottom)
        self.width = sum(piece.width for piece in pieces) + _GAP * max(0, len(pieces) - 1)
        self.up = max((piece.up for piece in pieces), default=0.0)
        self.down = max((piece.down for piece in pieces), default=0.0)

    def put(self, x: float, y: float, layout: Layout) -> None:
        """One behind the other, on one line."""
        for index, piece in enumerate(self._pieces):
            if index:
                layout.wires.append(Wire(x - _GAP, y, x, y))
            piece.put(x, y, layout)
            x += piece.width + _GAP


class _Lanes:
    """Pieces side by side, between a fork and a joint."""

    def __init__(self, pieces: Sequence[_Piece], sign: str) -> None:
        self._pieces, self._sign = pieces, sign
        self.width = max(piece.width for piece in pieces) + 2 * _FORK
        height = sum(piece.up + piece.down for piece in pieces) + _GAP * (len(pieces) - 1)
        self.up = self.down = height / 2

    def put(self, x: float, y: float, layout: Layout) -> None:
        """Each on a line of its own, in the middle of the room that the longest takes."""
        top, inside = y - self.up, self.width - 2 * _FORK
        for piece in self._pieces:
            line, left = top + piece.up, x + _FORK + (inside - piece.width) / 2
            right = left + piece.width
            layout.wires.append(Wire(x, y, x + _FORK, line))
            layout.wires.append(Wire(x + _FORK, line, left, line))
            layout.wires.append(Wire(right, line, x + self.width - _FORK, line))
            layout.wires.append(Wire(x + self.width - _FORK, line, x + self.width, y))
            piece.put(left, line, layout)
            top += piece.up + piece.down + _GAP
        layout.joints.append(Joint(x + self.width, y, self._sign))


class _Framed:
    """A container: what is inside it, its frame, and the shortcut over it where it has one."""

    def __init__(self, inside: _Piece, frame: Frame, mark: str | None = None) -> None:
        self._inside, self._frame, self._mark = inside, frame, mark
        self._side = _PAD if mark is None else 2 * _PAD
        self.width = inside.width + 2 * self._side
        rise = 0.0 if mark is None else _RISE
        self._over = inside.up + rise
        self.up = self._over + _PAD + (TITLE if frame.title else 0.0)
        self.down = inside.down + _PAD

    def put(self, x: float, y: float, layout: Layout) -> None:
        """The frame first, so that it lies behind."""
        box = Box(x, y - self.up, self.width, self.up + self.down)
        layout.frames.append(replace(self._frame, box=box))
        inside = x + self._side
        layout.wires.append(Wire(x, y, inside, y))
        layout.wires.append(Wire(inside + self._inside.width, y, x + self.width, y))
        if self._mark is not None:
            left, right = x + _PAD / 2, x + self.width - _PAD
            arc = Box(left, y - self._over, right - left, self._over)
            layout.arcs.append(Arc(self._frame.place, arc, self._mark))
            layout.joints.append(Joint(right, y, "+"))
        self._inside.put(inside, y, layout)


def _problems(draft: NetworkDraft) -> Mapping[Place, str]:
    """What is wrong with each block, in a sentence or two."""
    found: dict[Place, str] = {}
    for problem in draft.problems:
        named = place_of(problem.path)
        if named is not None:
            found.setdefault(named[0], f"{problem.message} {problem.fix}")
    return found


def _frame_title(spec: BlockSpec, plan: BlockPlan | None) -> str:
    """The given name, and what the container does; empty where the picture shows that."""
    entry = catalog.block_entries().get(spec.kind)
    title = entry.title if entry else f"{spec.kind:.100}"
    if _has_shortcut(spec) or (entry is not None and entry.holds == "lanes"):
        return spec.name
    does = plan.brief if plan else ""
    if not does and spec.kind == "group":
        return spec.name
    return " ".join(part for part in (spec.name or title, does) if part)


def _has_shortcut(spec: BlockSpec) -> bool:
    entry = catalog.block_entries().get(spec.kind)
    return entry is not None and "shortcut" in entry.model_fields


def _shortcut_mark(spec: BlockSpec, plan: BlockPlan | None) -> str | None:
    """What stands on the shortcut; None where there is none."""
    if not _has_shortcut(spec):
        return None
    if plan is not None and plan.input_shape == plan.output_shape:
        return ""  # nothing needs to be done to the image
    return {"projected": "1×1", "padded": "zeros"}.get(str(spec.settings.get("shortcut")), "")
