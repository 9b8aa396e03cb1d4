"""Which block, with which settings, makes given Keras layers: `Block.layers`, the other way round.

Nothing here knows a single block. A block is asked what layers it makes, and its settings are
changed one after the other, to values that occur in the layers, as long as they come closer. So a
new block is recognised in Keras files as soon as its file is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any, Literal, get_args, get_origin

from imgclf_gui import catalog
from imgclf_gui.core.entry import Block, BlockInput
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.plan.keras_file.layers import COUNTS, Layer, of_block

_ANY_IMAGE = BlockInput((32, 32, 16), 10)
_NO_FIT = -1_000
_SHAPING = (*COUNTS, "use_bias", "center", "scale")


@dataclass(frozen=True)
class Fit:
    """A block that makes the first `used` of some layers, but for what `differing` says."""

    kind: str
    settings: dict[str, Any]
    used: int
    score: int
    differing: tuple[tuple[int, str, Any, Any], ...]
    """(index of the layer, setting, its value there, its value in the block)."""

    def changes_weights(self, target: Sequence[Layer]) -> bool:
        """Whether the block has other weights; a bias before a normalisation does nothing."""
        return any(
            key in _SHAPING and not (key == "use_bias" and _is_normalized(target, index))
            for index, key, _, _ in self.differing
        )

    def block(self, blocks: Sequence[BlockSpec] = ()) -> BlockSpec:
        """The block, with `blocks` inside."""
        return BlockSpec(kind=self.kind, blocks=tuple(blocks), **self.settings)


def simple_fit(target: Sequence[Layer], inputs: BlockInput) -> Fit | None:
    """The block without others inside that makes most of the first of `target`; None: no one."""
    kinds = _simple_kinds().get(target[0].layer, []) if target else []
    return _best(kinds, target, inputs)


def holder_fit(
    holds: Literal["chain", "lanes"], target: Sequence[Layer], inputs: BlockInput
) -> Fit | None:
    """The block around others whose ends `inputs` has, and that makes the first of `target`."""
    entries = catalog.block_entries()
    return _best([kind for kind in entries if entries[kind].holds == holds], target, inputs)


def squeezed(layers: Iterable[Layer]) -> list[Layer]:
    """Layers behind a global pooling in one manner: without Reshape, Dense as Conv2D of size 1."""
    found: list[Layer] = []
    pooled = False
    for layer in layers:
        pooled = pooled or layer.layer.startswith("Global")
        if pooled and layer.layer == "Reshape":
            continue
        found.append(as_convolution(layer) if pooled and layer.layer == "Dense" else layer)
    return found


def as_convolution(dense: Layer) -> Layer:
    """The 1×1 convolution that does the same at each pixel."""
    sizes = {"kernel_size": 1, "strides": 1, "padding": "same", "dilation_rate": 1, "groups": 1}
    settings = dense.settings
    return Layer(
        "Conv2D", {"filters": settings["units"], **sizes, "use_bias": settings["use_bias"]}
    )


def _is_normalized(target: Sequence[Layer], index: int) -> bool:
    behind = target[index + 1 : index + 2]
    return bool(behind) and behind[0].layer == "BatchNormalization"


def _best(kinds: Sequence[str], target: Sequence[Layer], inputs: BlockInput) -> Fit | None:
    """The best of all kinds; settings are changed in twos only if one by one is not enough."""
    best = None
    for thorough in (False, True):
        fits = [_fit(kind, target, inputs, thorough=thorough) for kind in kinds]
        found = [fit for fit in fits if fit is not None and fit.used]
        best = max(found, key=lambda fit: fit.score, default=None)
        if best is None or not any(key in COUNTS for _, key, _, _ in best.differing):
            return best
    return best


def _fit(kind: str, target: Sequence[Layer], inputs: BlockInput, *, thorough: bool) -> Fit | None:
    entry = catalog.block_entries()[kind]
    numbers = _numbers(target)
    if thorough:  # perhaps a share of the channels
        numbers |= {inputs.shape[-1] // number for number in numbers if number >= 1}
    values = list(_candidates(entry, numbers))

    def score(settings: dict[str, Any]) -> int:
        return _score(entry, settings, target, inputs)

    settings: dict[str, Any] = {}
    for count in (1, 2) if thorough else (1,):
        changes = [dict(change) for change in combinations(values, count)]
        settings = _climbed(score, settings, changes)
    if score(settings) <= 0:
        return None
    made = _made(entry, settings, inputs)
    whole = entry.model_validate(settings).model_dump(mode="json")
    return Fit(kind, whole, len(made), score(settings), tuple(_differing(made, target)))


def _climbed(
    score: Callable[[dict[str, Any]], int],
    settings: dict[str, Any],
    changes: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """`settings` after every one of `changes` that scores higher, until none does."""
    best, better = score(settings), True
    while better:
        better = False
        for change in changes:
            trial = {**settings, **change}
            if trial == settings:
                continue
            reached = score(trial)
            if reached > best:
                best, settings, better = reached, trial, True
    return settings


def _numbers(target: Sequence[Layer]) -> set[Any]:
    """The numbers that occur in the settings of layers."""
    values = (value for layer in target for value in layer.settings.values())
    return {value for value in values if type(value) in (int, float)}


def _candidates(entry: type[Block], numbers: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Settings worth trying: all choices, and the given numbers."""
    for name, field in entry.model_fields.items():
        if get_origin(field.annotation) is Literal:
            yield from ((name, choice) for choice in get_args(field.annotation))
        elif field.annotation is bool:
            yield from ((name, choice) for choice in (False, True))
        elif field.annotation is float:
            yield from ((name, float(number)) for number in numbers)
        elif field.annotation is int:
            yield from ((name, int(number)) for number in numbers)


def _score(
    entry: type[Block], settings: dict[str, Any], target: Sequence[Layer], inputs: BlockInput
) -> int:
    """How many layers and settings are as in `target`; below 0 if a layer is another one."""
    try:
        made = _made(entry, settings, inputs)
    except ValueError:
        return 2 * _NO_FIT
    score = 0
    for index, layer in enumerate(made):
        if index >= len(target) or target[index].layer != layer.layer:
            return score + _NO_FIT
        wanted = target[index].settings
        score += 1 + sum(wanted[key] == value for key, value in layer.settings.items())
    return score


def _made(entry: type[Block], settings: dict[str, Any], inputs: BlockInput) -> list[Layer]:
    """The layers of the block.

    Raises:
        ValueError: it cannot have these settings, or cannot hold what `inputs` says.
    """
    block = entry.model_validate(settings)
    if block.holds != "nothing" and block.check(inputs) is not None:
        raise ValueError(settings)
    return squeezed(of_block(block.layers(inputs)))


def _differing(
    made: Sequence[Layer], target: Sequence[Layer]
) -> Iterator[tuple[int, str, Any, Any]]:
    for index, (ours, theirs) in enumerate(zip(made, target, strict=False)):
        for key, value in ours.settings.items():
            if theirs.settings[key] != value:
                yield index, key, theirs.settings[key], value


@cache
def _simple_kinds() -> dict[str, list[str]]:
    """For each Keras layer the kinds of blocks whose first layer it can be."""
    found: dict[str, list[str]] = {}
    for kind, entry in catalog.block_entries().items():
        if entry.holds != "nothing":
            continue
        choices = [{}, *(dict([value]) for value in _candidates(entry, ()))]
        for first in {_made(entry, choice, _ANY_IMAGE)[0].layer for choice in choices}:
            found.setdefault(first, []).append(kind)
    return found
