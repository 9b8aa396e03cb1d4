"""Which layers of a model each block was made of, for weights to follow them."""

from __future__ import annotations

from collections.abc import Iterable

from imgclf_gui.core.spec import BlockSpec


class Sources:
    """Knows blocks by their identity: equal ones occur many times in a network."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[BlockSpec, tuple[str, ...]]] = {}

    def add(self, block: BlockSpec, layers: Iterable[str]) -> None:
        """`block` does what the model's `layers` do, in the order of its own."""
        self._of[id(block)] = (block, tuple(dict.fromkeys(layers)))

    def of(self, block: BlockSpec) -> tuple[str, ...]:
        """The names of the layers; none for a block that only holds others."""
        return self._of.get(id(block), (block, ()))[1]
