"""What could not be taken over, in lines for a person."""

from __future__ import annotations


class Notes:
    """Gathers lines; what holds for many layers is one line."""

    def __init__(self) -> None:
        self._layers: dict[str, list[str]] = {}
        self._changes: set[str] = set()

    def add(self, text: str, layer: str = "", *, changes: bool = False) -> None:
        """`text` holds for `layer`, or for the whole model.

        `changes`: with the same weights the network computes something else.
        """
        self._layers.setdefault(text, []).append(layer)
        if changes:
            self._changes.add(text)

    def lines(self) -> tuple[str, ...]:
        """'conv2d_3 and 4 more: kernel_regularizer L2 is left out'."""
        return tuple(_line(text, layers) for text, layers in self._layers.items())

    def changes(self) -> tuple[str, ...]:
        """Those of `lines` for which the network computes something else."""
        return tuple(
            _line(text, self._layers[text]) for text in self._layers if text in self._changes
        )


def _line(text: str, layers: list[str]) -> str:
    first, more = layers[0], len(layers) - 1
    if not first:
        return text
    others = f" and {more:,} more" if more else ""
    return f"{first:.60}{others}: {text}"
