"""The function that builds the network: the blocks' layers, with variables for what is used twice.

Layers stand in the order in which the worker makes them, so that the same seed draws the same
weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from keyword import iskeyword
from typing import TypeAlias

from imgclf_gui import catalog
from imgclf_gui.core.block_checks import shape_text
from imgclf_gui.core.entry import BLOCK_INPUT, Block, KerasLayer, Shape, end
from imgclf_gui.plan.code.calls import arguments
from imgclf_gui.plan.code.text import WIDTH, bracketed, comment, width
from imgclf_gui.plan.network import block_inputs, block_name, lane_prefix
from imgclf_gui.plan.plan import BlockPlan, NetworkPlan

LONGEST_TITLE = 60
"""Columns of what a person called a block."""


@dataclass(frozen=True)
class _Call:
    """`target = layers.Layer(arguments)(inputs)  # shape`."""

    target: str
    layer: str
    arguments: tuple[str, ...]
    inputs: tuple[str, ...]
    shape: str = ""


@dataclass(frozen=True)
class _Note:
    """`# title → shape`; of a container it stands off from what is before."""

    title: str
    shape: str = ""


@dataclass(frozen=True)
class _Assign:
    target: str
    value: str


@dataclass(frozen=True)
class _Gap:
    """An empty line, where one helps."""


@dataclass(frozen=True)
class _Loop:
    count: int
    body: _Statements


_Statement: TypeAlias = "_Call | _Note | _Assign | _Gap | _Loop"
_Statements: TypeAlias = "tuple[_Statement, ...]"


def network_function(plan: NetworkPlan) -> list[str]:
    """The lines of `def build_network():`, which returns the Keras model of `plan`.

    Raises:
        UserError: the plan names a block that this installation lacks.
    """
    rescaling = _Call("x", "Rescaling", ("1 / 255",), ("inputs",))
    statements, result = _Writer(plan.classes).chain(plan.blocks, "x", "x", "block")
    size = f"{plan.parameters:,} parameters"
    return [
        "def build_network():",
        f'    """From raw pixels, 0 to 255, to one value a class: {size}."""',
        "    inputs = keras.Input((HEIGHT, WIDTH, CHANNELS))",
        *_lines((rescaling, *statements), 4),
        f"    return keras.Model(inputs, {result})",
    ]


class _Writer:
    """From blocks to statements. A variable's name is free again behind the block that chose it."""

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._entries = catalog.block_entries()
        self._names = {"inputs", "x", "keras", "layers", "_"}
        self._named = ""
        """What the names of layers begin with that must be found again, to get their weights."""

    def chain(
        self, plans: Sequence[BlockPlan], source: str, target: str, prefix: str
    ) -> tuple[_Statements, str]:
        """What `plans` make of the variable `source`, in `target`; the variable that has it.

        `prefix` is what the names of their layers begin with in the worker.
        """
        made: _Statements = ()
        for index, plan in enumerate(plans):
            statements, source = self._block(plan, source, target, (prefix, index))
            made += statements
        return made, source

    def _block(
        self, plan: BlockPlan, source: str, target: str, place: tuple[str, int]
    ) -> tuple[_Statements, str]:
        names, inner = self._names.copy(), lane_prefix(*place)
        if plan.entry.settings.get("weights"):
            self._named = f"{inner}_00_"
        block = catalog.load(plan.entry, self._entries)
        layers = block.layers(block_inputs(plan, self._classes))
        made: _Statements = ()
        values = {BLOCK_INPUT: source}
        side_by_side = block.holds == "lanes" and len(plan.lanes) > 1
        overwritten = plan.lanes and source == target and not side_by_side
        if overwritten and any(BLOCK_INPUT in layer.inputs for layer in layers):
            values[BLOCK_INPUT] = self._new_name("shortcut")
            made += (_Assign(values[BLOCK_INPUT], source),)
        if side_by_side:
            for number, lane in enumerate(plan.lanes):
                branch = self._new_name(f"branch_{number + 1}")
                within = f"{inner}_{number:02}"
                inside, values[end(number)] = self.chain(lane, source, branch, within)
                made += inside
        elif plan.lanes:
            inside, values[end(0)] = self._copies(plan.lanes, source, target, inner)
            made += inside
        last = values.get(end(0), source)
        calls = self._calls(layers, values, last, target, names)
        name = block_name(plan, *place)
        called = [f"{name}_{layer.name}" if layer.name else name for layer in layers]
        made += tuple(map(self._finished, calls, [plan] * len(calls), called))
        result = target if calls else last
        if result not in (source, target):
            made, result = (*made, _Assign(target, result)), target
        self._names = names
        return _titled(made, plan, block, layers), result

    def _copies(
        self, lanes: Sequence[Sequence[BlockPlan]], source: str, target: str, inner: str
    ) -> tuple[_Statements, str]:
        """A loop where all copies are called alike, else one behind the other."""
        if len(lanes) == 1:
            return self.chain(lanes[0], source, target, f"{inner}_00")
        bodies = [
            self.chain(lane, target, target, f"{inner}_{number:02}")[0]
            for number, lane in enumerate(lanes)
        ]
        if not any(bodies):
            return (), source
        begin = (_Assign(target, source),) if source != target else ()
        body = _merged(bodies)
        if body is not None:
            return (*begin, _Loop(len(lanes), body)), target
        return (*begin, *chain.from_iterable(bodies)), target

    def _calls(
        self,
        layers: Sequence[KerasLayer],
        values: dict[str, str],
        last: str,
        target: str,
        outer: set[str],
    ) -> list[_Call]:
        """The calls of a block's own layers, the last into `target`.

        `values` names the variable of what they may be called with, `last` that of what the first
        follows; the variables in `outer` belong to others.
        """
        calls: list[_Call] = []
        for number, layer in enumerate(layers):
            rest = layers[number + 1 :]
            inputs = tuple(values[name] for name in layer.inputs) or (last,)
            needed = {values.get(name) for later in rest for name in later.inputs}
            own = {target} | (self._names - outer)
            free = [name for name in (inputs[0], target) if name in own and name not in needed]
            if not rest:
                free = [target]
            last = free[0] if free else self._new_name(layer.name)
            values[layer.name] = last
            calls.append(_Call(last, layer.layer, arguments(layer.layer, layer.settings), inputs))
        return calls

    def _finished(self, call: _Call, plan: BlockPlan, called: str) -> _Call:
        """With what the block knows beyond its layers; in the worker the layer is `called` so."""
        said = call.arguments
        if self._named and called.startswith(self._named):
            said = (*said, f'name="{called.removeprefix(self._named)}"')
        if plan.entry.kind == "logits" and said[:1] == (str(self._classes),):
            said = ("len(CLASSES)", *said[1:])
        if plan.frozen:
            said = (*said, "trainable=False")
        return replace(call, arguments=said)

    def _new_name(self, wanted: str) -> str:
        name = stem = wanted if wanted.isidentifier() and not iskeyword(wanted) else "y"
        number = 1
        while name in self._names:
            number += 1
            name = f"{stem}_{number}"
        self._names.add(name)
        return name


def _titled(
    made: _Statements, plan: BlockPlan, block: Block, layers: Sequence[KerasLayer]
) -> _Statements:
    """`made` with what says to a reader which block it is, and which shape comes out."""
    shape = _shape_text(plan.output_shape)
    if plan.lanes:
        freezes = block.freezes(0, len(plan.lanes[0])) != "nothing"
        if not made or not (plan.entry.name or layers or freezes):
            return made
        title = f"{plan.title}, {plan.brief}" if freezes else plan.title
        return (_Gap(), _Note(title, shape), *made, _Gap())
    if plan.output_shape != plan.input_shape:
        made = _with_shape(made, shape)
    return (_Note(plan.entry.name), *made) if plan.entry.name else made


def _with_shape(made: _Statements, shape: str) -> _Statements:
    """The shape stands at the last layer that can have made it."""
    for place in reversed(range(len(made))):
        call = made[place]
        if isinstance(call, _Call) and call.layer != "Activation":
            return (*made[:place], replace(call, shape=shape), *made[place + 1 :])
    return made


def _merged(bodies: Sequence[_Statements]) -> _Statements | None:
    """The one body that they all are; a shape that is not the same in all is left out.

    None if they differ in more than that.
    """
    if len({len(body) for body in bodies}) > 1:
        return None
    merged = []
    for several in zip(*bodies, strict=True):
        one = _merged_statement(several)
        if one is None:
            return None
        merged.append(one)
    return tuple(merged)


def _merged_statement(several: Sequence[_Statement]) -> _Statement | None:
    first = several[0]
    if all(other == first for other in several[1:]):
        return first
    if isinstance(first, _Call | _Note):
        alike = replace(first, shape="")
        same = all(
            isinstance(other, _Call | _Note) and replace(other, shape="") == alike
            for other in several
        )
        return alike if same else None
    if isinstance(first, _Loop):
        loops = [loop for loop in several if isinstance(loop, _Loop) and loop.count == first.count]
        body = _merged([loop.body for loop in loops]) if len(loops) == len(several) else None
        return replace(first, body=body) if body else None
    return None


def _lines(statements: _Statements, indent: int) -> list[str]:
    """Source lines; gaps neither at an end, nor two together, nor behind a title."""
    pad, lines = " " * indent, list[str]()
    for statement in statements:
        match statement:
            case _Call():
                lines += _call_lines(statement, indent)
            case _Note(title, shape):
                behind = f" → {shape}" if shape else ""
                room = min(LONGEST_TITLE, WIDTH - indent - len(behind) - 2)
                lines.append(f"{pad}# {comment(title, room)}{behind}".rstrip())
            case _Assign(target, value):
                lines.append(f"{pad}{target} = {value}")
            case _Loop(count, body):
                lines += [f"{pad}for _ in range({count}):", *_lines(body, indent + 4)]
            case _Gap():
                if lines and lines[-1] and not lines[-1].lstrip().startswith("#"):
                    lines.append("")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _call_lines(call: _Call, indent: int) -> list[str]:
    pad, made = " " * indent, f"{call.target} = layers.{call.layer}("
    listed = ", ".join(call.inputs)
    inputs = listed if len(call.inputs) == 1 else f"[{listed}]"
    head = f"{made}{', '.join(call.arguments)})("
    lines = bracketed(head, [inputs], ")", indent)
    if max(map(width, lines)) > WIDTH and len(call.inputs) > 1:
        items = bracketed("[", call.inputs, "]", indent + 4, one_each=True)
        lines = [f"{pad}{head}", *items, f"{pad})"]
    elif max(map(width, lines)) > WIDTH:
        lines = bracketed(made, call.arguments, f")({inputs})", indent)
    if not call.shape:
        return lines
    if width(lines[-1]) + width(call.shape) + 4 > WIDTH:
        return [f"{pad}# → {call.shape}", *lines]
    return [*lines[:-1], f"{lines[-1]}  # {call.shape}"]


def _shape_text(shape: Shape) -> str:
    return shape_text(shape) if len(shape) > 1 else f"{shape[0]} values"
