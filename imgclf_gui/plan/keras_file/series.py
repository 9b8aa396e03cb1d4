"""A graph as layers behind each other and lanes side by side, if it can be said so.

The lanes that meet in a layer begin at its dominator: the last layer that every way to it passes
(Lengauer and Tarjan 1979; here by the order of the nodes, as in Cooper, Harvey and Kennedy 2001).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from imgclf_gui.plan.keras_file.gate import Refused
from imgclf_gui.plan.keras_file.graph import START, Graph, Node
from imgclf_gui.plan.network import DEEPEST

_HINT = "Blocks lie behind each other or side by side; lanes may not cross."


@dataclass(frozen=True)
class Join:
    """Lanes with the same input that meet in `node`; an empty one is that input itself."""

    node: Node
    lanes: tuple[Series, ...]


Series = tuple["Node | Join", ...]


def series_of(graph: Graph) -> Series:
    """The layers from the pixels to the output.

    Raises:
        Refused: lanes cross, or lie too deep in one another.
    """
    return _Decomposition(graph).series(graph.output, START, 0)


def nodes_of(series: Iterable[Node | Join]) -> list[Node]:
    """Every node in the series, each once, behind those that feed it."""
    found: dict[int, Node] = {}
    for item in series:
        for lane in item.lanes if isinstance(item, Join) else ():
            found.update({id(node): node for node in nodes_of(lane)})
        node = item.node if isinstance(item, Join) else item
        found[id(node)] = node
    return list(found.values())


class _Decomposition:
    def __init__(self, graph: Graph) -> None:
        self._nodes = graph.nodes
        self._dominators = _dominators(graph)
        self._seen: set[int] = set()

    def series(self, end: int, begin: int, depth: int) -> Series:
        """What lies between `begin` and `end`, the latter included."""
        if depth > 2 * DEEPEST:
            raise Refused("has lanes inside lanes, far deeper than blocks may lie", _HINT)
        found: list[Node | Join] = []
        at = end
        while at != begin:
            node = self._nodes[at]
            if at in self._seen:
                raise Refused(f"has lanes that cross: {node.name!r:.60} lies in several", _HINT)
            self._seen.add(at)
            if len(node.inputs) == 1:
                found.append(node)
                at = node.inputs[0]
                continue
            fork = self._dominators[at]
            meeting = dict.fromkeys(node.inputs)
            lanes = {index: self.series(index, fork, depth + 1) for index in meeting}
            found.append(Join(node, tuple(lanes[index] for index in node.inputs)))
            at = fork
        return tuple(reversed(found))


def _dominators(graph: Graph) -> list[int]:
    """For each node the last one that every way to it passes."""
    found, depth = [START], [0]
    for node in graph.nodes[1:]:
        ways = set(node.inputs)
        while len(ways) > 1:
            deepest = max(ways, key=depth.__getitem__)
            ways = (ways - {deepest}) | {found[deepest]}
        (last,) = ways
        found.append(last)
        depth.append(depth[last] + 1)
    return found
