"""From layers in a row and side by side to blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod

from imgclf_gui.core.entry import BlockInput, Shape
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.plan.keras_file import fitting
from imgclf_gui.plan.keras_file.fitting import Fit
from imgclf_gui.plan.keras_file.gate import Refused, no_block
from imgclf_gui.plan.keras_file.graph import Graph, Node
from imgclf_gui.plan.keras_file.layers import COUNTS, Layer, canonical
from imgclf_gui.plan.keras_file.notes import Notes
from imgclf_gui.plan.keras_file.series import Join, Series, nodes_of, series_of
from imgclf_gui.plan.keras_file.sources import Sources
from imgclf_gui.plan.network import MOST_BLOCKS, draft_network

_NO_CLASSES = 2**31
"""No layer has as many units, so that none looks like the block that has one for each class."""
_LONGEST = 4
"""Layers in a row that one block may make."""
_ANY_IMAGE = (32, 32, 16)
"""What reaches a block where the shape is not known."""

_MADE_UP = ("momentum", "rate", "noise_shape", "epsilon", "use_bias", "center", "scale")
"""Settings that training alone uses, or that weights can make up for."""

_FLATTEN = BlockSpec(kind="flatten")
_POOLING = BlockSpec(kind="global-pooling")
_LOGITS = BlockSpec(kind="logits")
_UNCHANGED = BlockSpec(kind="rescale", name="Unchanged", scale=1.0, offset=0.0)
"""A lane must hold a block, also where the input goes straight through."""

_Lane = tuple[tuple[BlockSpec, ...], Shape | None]
"""Blocks behind each other, and the shape that they make."""


@dataclass(frozen=True)
class _Made:
    """Blocks that stand for the first `used` items of a series."""

    blocks: tuple[BlockSpec, ...]
    used: int = 1


def blocks_of(graph: Graph, notes: Notes) -> tuple[BlockSpec, ...]:
    """The blocks that do what the graph does, from the pixels to one value a class.

    Raises:
        Refused: there is a layer that no block does, or lanes cross.
    """
    series, complete = _without_probabilities(_series(graph, notes), notes)
    blocks, shape = _Conversion(notes, Sources()).chain(series, graph.input_shape, frozen=False)
    if len(graph.input_shape) == 1:
        blocks = (_FLATTEN, *blocks)
    return _ended(blocks, shape, complete, notes)


def features_of(graph: Graph, notes: Notes) -> tuple[tuple[BlockSpec, ...], Sources]:
    """The blocks that do what the graph does and nothing more, and what each is made of.

    Raises:
        Refused: as in `blocks_of`.
    """
    sources = Sources()
    conversion = _Conversion(notes, sources)
    blocks, _ = conversion.chain(_series(graph, notes), graph.input_shape, frozen=False)
    return blocks, sources


def _series(graph: Graph, notes: Notes) -> Series:
    series = series_of(graph)
    on_the_way = {id(node) for node in nodes_of(series)}
    for node in graph.nodes[1:]:
        if id(node) not in on_the_way and node.layer.layer != "ZeroPadding2D":  # taken over
            notes.add("is left out: it does not lead to the output", node.name)
    return series


class _Conversion:
    """Knows the shape at each place, since what a block is may depend on it."""

    def __init__(self, notes: Notes, sources: Sources) -> None:
        self._notes = notes
        self._sources = sources
        self._fits: dict[str, Fit | None] = {}
        self._made = 0

    def chain(self, series: Series, shape: Shape | None, *, frozen: bool) -> _Lane:
        """The blocks of `series` behind `shape` (None: not known), and the shape they make."""
        found: list[tuple[BlockSpec, bool]] = []
        at = 0
        while at < len(series):
            item = series[at]
            still = not frozen and not any(node.trainable for node in nodes_of([item]))
            if isinstance(item, Join):
                behind = series[at + 1 : at + 1 + _LONGEST]
                made = self._join(item, behind, shape, frozen=frozen or still)
            else:
                made = self._layer(_row(series[at : at + _LONGEST]), shape)
            found += [(block, still) for block in made.blocks]
            self._count(made.blocks)
            shape = _shape_behind(made.blocks, shape)
            at += made.used
        return _with_frozen(found), shape

    def _layer(self, row: Sequence[Node], shape: Shape | None) -> _Made:
        first = row[0]
        reshaped = _reshaped(first, shape)
        if reshaped is not None:
            return _Made(reshaped)
        target = [_for_rank(row[0].layer, shape), *(node.layer for node in row[1:])]
        fit = self._simple_fit(target, shape)
        if fit is None:
            raise no_block(first.layer.layer, first.name)
        return _Made((self._block(fit, row),), fit.used)

    def _join(self, join: Join, behind: Series, shape: Shape | None, *, frozen: bool) -> _Made:
        attention = self._attention(join, shape)
        if attention is not None:
            return attention
        made: dict[int, _Lane | Refused] = {}

        def lane(index: int) -> _Lane | Refused:
            if index not in made:
                try:
                    made[index] = self.chain(join.lanes[index], shape, frozen=frozen)
                except Refused as refused:
                    made[index] = refused
            return made[index]

        if len(join.lanes) == 2:
            sizes = [len(nodes_of(lane)) for lane in join.lanes]
            for body in (0, 1) if sizes[0] >= sizes[1] else (1, 0):
                around = self._around_chain(join, body, lane, behind, shape)
                if around is not None:
                    return around
        _check_lanes(join)
        lanes = []
        for index in range(len(join.lanes)):
            inside = lane(index)
            if isinstance(inside, Refused):
                raise inside
            lanes.append(inside)
        return self._side_by_side(join, lanes, shape)

    def _attention(self, join: Join, shape: Shape | None) -> _Made | None:
        """One block for a join of an input with what several layers make of it."""
        lanes = [lane for lane in join.lanes if lane]
        if len(join.lanes) != 2 or len(lanes) != 1 or not lanes[0]:
            return None
        row = [*nodes_of(lanes[0]), join.node]
        target = fitting.squeezed(node.layer for node in row)
        fit = self._simple_fit(target, shape)
        if fit is None or fit.used != len(target) or fit.changes_weights(target):
            return None
        return _Made((self._block(fit, [n for n in row if n.layer.layer != "Reshape"]),))

    def _around_chain(
        self,
        join: Join,
        body: int,
        lane: Callable[[int], _Lane | Refused],
        behind: Series,
        shape: Shape | None,
    ) -> _Made | None:
        """A block around the lane `body` whose own layers are the other lane, and what follows."""
        other = nodes_of(join.lanes[1 - body])
        inside = lane(body)
        if isinstance(inside, Refused):  # the block's own lane may be of layers that are no blocks
            return None
        blocks, made = inside
        if not blocks or made is None or shape is None:
            return None
        row = [*other, join.node, *_row(behind)]
        target = [node.layer for node in row]
        fit = fitting.holder_fit("chain", target, BlockInput(shape, _NO_CLASSES, (made,)))
        own = len(other) + 1
        if fit is None or fit.used < own or fit.changes_weights(target):
            return None
        return _Made((self._block(fit, row, blocks),), fit.used - own + 1)

    def _side_by_side(self, join: Join, lanes: Sequence[_Lane], shape: Shape | None) -> _Made:
        node = join.node
        ends = tuple(made or shape or (1, 1, 1) for _, made in lanes)
        inputs = BlockInput(shape or (1, 1, 1), _NO_CLASSES, ends)
        fit = _fit_of_lanes(node.layer, inputs)
        if fit is None:
            raise no_block(node.layer.layer, node.name)
        inside = [_lane(blocks) for blocks, _ in lanes]
        return _Made((self._block(fit, [node], inside),))

    def _count(self, blocks: Sequence[BlockSpec]) -> None:
        self._made += len(blocks)
        if self._made > MOST_BLOCKS:
            raise Refused(f"has more than {MOST_BLOCKS:,} blocks", "Open a smaller model.")

    def _simple_fit(self, target: Sequence[Layer], shape: Shape | None) -> Fit | None:
        """Layers repeat in a network, and so do the answers."""
        key = repr((target, shape))
        if key not in self._fits:
            inputs = BlockInput(shape or _ANY_IMAGE, _NO_CLASSES)
            self._fits[key] = fitting.simple_fit(target, inputs)
        return self._fits[key]

    def _block(self, fit: Fit, row: Sequence[Node], inside: Sequence[BlockSpec] = ()) -> BlockSpec:
        """The block that makes the first layers of `row`, with blocks inside."""
        self._note(fit, row)
        block = fit.block(inside)
        self._sources.add(block, (node.name for node in row[: fit.used]))
        return block

    def _note(self, fit: Fit, row: Sequence[Node]) -> None:
        for index, key, theirs, ours in fit.differing:
            if key in COUNTS:
                raise Refused(
                    f"has {key} = {theirs!r:.60} in {row[index].name!r:.60}, which no block does",
                    "Change that setting in the model, and save it again.",
                )
            text = f"{key} {theirs!r:.40} is taken as {ours!r:.40}"
            self._notes.add(text, row[index].name, changes=key not in _MADE_UP)


def _check_lanes(join: Join) -> None:
    """The lanes of a join become blocks, each with weights of its own."""
    inputs = [index for index, lane in zip(join.node.inputs, join.lanes, strict=True) if lane]
    if len(set(inputs)) < len(inputs):
        raise Refused(
            f"feeds {join.node.name!r:.60} one output several times",
            "Blocks side by side have weights of their own.",
        )


def _fit_of_lanes(layer: Layer, inputs: BlockInput) -> Fit | None:
    """Lanes that cannot be added are still lanes: the sizes are looked at by the network's plan."""
    fit = fitting.holder_fit("lanes", [layer], inputs)
    if fit is not None:
        return fit
    alike = BlockInput(inputs.shape, inputs.classes, (inputs.shape,) * len(inputs.ends))
    return fitting.holder_fit("lanes", [layer], alike)


def _without_probabilities(series: Series, notes: Notes) -> tuple[Series, bool]:
    """`series` without the function that makes probabilities, and whether there was one."""
    last = series[-1] if series else None
    if not isinstance(last, Node) or last.layer.layer != "Activation":
        return series, False
    function = last.layer.settings["activation"]
    if function == "sigmoid":
        notes.add("sigmoid at the end is left out: a softmax over the classes follows", last.name)
    return (series[:-1], True) if function in ("softmax", "sigmoid") else (series, False)


def _ended(
    blocks: tuple[BlockSpec, ...], shape: Shape | None, complete: bool, notes: Notes
) -> tuple[BlockSpec, ...]:
    """`blocks` with one value a class at the end."""
    last = blocks[-1] if blocks else None
    if last is not None and last.kind == "dense" and last.settings.get("activation") == "none":
        units = last.settings.get("units", 0)
        notes.add(f"The last layer has one unit for each class; in the file it has {units:,}.")
        bias = {key: value for key, value in last.settings.items() if key == "bias"}
        return (*blocks[:-1], BlockSpec(kind="logits", **bias))
    if complete or shape is None:
        return blocks
    notes.add("It does not end with classes: what makes one value for each class was added.")
    return (*blocks, *((_POOLING,) if len(shape) == 3 else ()), _LOGITS)


def _with_frozen(found: Iterable[tuple[BlockSpec, bool]]) -> tuple[BlockSpec, ...]:
    """Blocks in a row that are not trained, inside a frozen backbone."""
    blocks: list[BlockSpec] = []
    before = False
    for block, still in found:
        if not still:
            blocks.append(block)
        elif before:
            holder = blocks[-1]
            inside = (*holder.blocks, block)
            blocks[-1] = holder.model_copy(update={"blocks": inside})
        else:
            blocks.append(BlockSpec(kind="backbone", frozen=True, blocks=(block,)))
        before = still
    return tuple(blocks)


def _lane(blocks: tuple[BlockSpec, ...]) -> BlockSpec:
    if not blocks:
        return _UNCHANGED
    return blocks[0] if len(blocks) == 1 else BlockSpec(kind="group", blocks=blocks)


def _row(series: Series) -> list[Node]:
    """The layers that begin the series one behind the other."""
    found: list[Node] = []
    for item in series:
        if isinstance(item, Join):
            break
        found.append(item)
    return found


def _reshaped(node: Node, shape: Shape | None) -> tuple[BlockSpec, ...] | None:
    """Blocks for a layer that only gives values another shape; None for all others."""
    if node.layer.layer == "Flatten":
        return () if shape is not None and len(shape) == 1 else (_FLATTEN,)
    if node.layer.layer != "Reshape":
        return None
    target = node.layer.settings["target_shape"]
    sides = target if isinstance(target, list) else []
    if shape is not None and tuple(side for side in sides if side != 1) in ((prod(shape),), (-1,)):
        return () if len(shape) == 1 else (_FLATTEN,)
    if shape is not None and tuple(sides) == shape:
        return ()
    raise Refused(f"reshapes to {target!r:.60} in {node.name!r:.60}, for which there is no block")


def _for_rank(layer: Layer, shape: Shape | None) -> Layer:
    """A 1×1 convolution of plain values is a dense layer; a dense layer at each pixel is one."""
    settings = layer.settings
    if shape is None or layer.layer not in ("Conv2D", "Dense"):
        return layer
    if layer.layer == "Dense" and len(shape) == 3:
        return fitting.as_convolution(layer)
    if layer.layer == "Conv2D" and len(shape) == 1 and settings["kernel_size"] == 1:
        kept = {"units": settings["filters"], "use_bias": settings["use_bias"]}
        return canonical("Dense", kept)
    return layer


def _shape_behind(blocks: tuple[BlockSpec, ...], shape: Shape | None) -> Shape | None:
    if shape is None or not blocks:
        return shape
    draft = draft_network(blocks, shape, _NO_CLASSES)
    return draft.blocks[-1].output_shape if len(draft.blocks) == len(blocks) else None
