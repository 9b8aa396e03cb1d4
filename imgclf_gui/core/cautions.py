"""Why a change of the images may change their class: reasons that several augmentations share.

Each is asked at every edit of a project, and so only looks at names and at what was measured.
"""

from __future__ import annotations

from imgclf_gui.core.augmentation import Caution
from imgclf_gui.core.labels import are_characters, heights, sides
from imgclf_gui.core.summary import DatasetSummary, ImageStatistics

LOST = 0.4
"""Share of the plainest classifier's right answers that changing the images costs. Mirrored digits
lose 47 %; mirrored clothes, which are the same clothes, 22 %."""
HARMLESS = 0.1
"""What loses less than this is not told of, whatever the classes are called."""
TELLING = 0.25
"""Of the way from chance to certainty that one feature alone goes. Brightness goes 13 % of it
among digits and 16 % among clothes, and teaches a network nothing."""


def mirror_caution(dataset: DatasetSummary) -> Caution | None:
    """Against changing left and right."""
    fix = "Take the flip out, unless a mirrored image of a class is one of the same class."
    named = sides(dataset.labels)
    if named is not None:
        return Caution(f"A mirrored '{named[0]}' looks like '{named[1]}'.", fix)
    return _turned(dataset, "flip-horizontal", "mirrored", fix)


def upside_down_caution(dataset: DatasetSummary) -> Caution | None:
    """Against changing top and bottom."""
    fix = "Take the flip out, unless the camera may hold a class upside down."
    named = heights(dataset.labels)
    if named is not None:
        return Caution(f"Upside down, '{named[0]}' looks like '{named[1]}'.", fix)
    return _turned(dataset, "flip-vertical", "upside down", fix)


def turn_caution(dataset: DatasetSummary, degrees: float) -> Caution | None:
    """Against turning by up to `degrees` to either side."""
    if degrees <= 45:
        return None
    named = sides(dataset.labels) or heights(dataset.labels)
    fix = "Turn by 45° at most."
    if named is not None:
        return Caution(f"Turned by {degrees:g}°, '{named[0]}' can look like '{named[1]}'.", fix)
    return _turned(dataset, "rotation", "turned by half a circle", fix) if degrees > 90 else None


def colour_caution(dataset: DatasetSummary) -> Caution | None:
    """Against changing colours."""
    measured = dataset.statistics
    if measured is None or measured.colour is None or not _tells(measured.colour, measured):
        return None
    return _telling(
        "colour",
        measured.colour,
        measured,
        "Take it out, or make it weak: it would take that away.",
    )


def brightness_caution(dataset: DatasetSummary) -> Caution | None:
    """Against making images brighter or darker."""
    measured = dataset.statistics
    if measured is None or not _tells(measured.brightness, measured):
        return None
    return _telling(
        "brightness",
        measured.brightness,
        measured,
        "Make it weak, unless brightness comes from the light and not from the class.",
    )


def _turned(dataset: DatasetSummary, kind: str, words: str, fix: str) -> Caution | None:
    """By what was measured; before that, by the names of digits and letters."""
    measured = dataset.statistics
    if measured is None or kind not in measured.changed:
        if not are_characters(dataset.labels):
            return None
        return Caution(f"Digits and letters are not the same {words}: b and d, 6 and 9.", fix)
    before, after = measured.pixels, measured.changed[kind]
    lost = (before - after.pixels) / before if before else 0.0
    if lost < (HARMLESS if are_characters(dataset.labels) else LOST):
        return None
    pair = after.confused
    example = f" '{pair[0]}' is taken for '{pair[1]}' most often." if pair is not None else ""
    return Caution(
        f"Images {words} look like other classes: of {measured.images:,} training images the "
        f"plainest classifier, the nearest class mean, knows {_percent(before)} as they are and "
        f"{_percent(after.pixels)} {words}.{example}",
        fix,
    )


def _tells(share: float, measured: ImageStatistics) -> bool:
    return share - measured.chance >= TELLING * (1 - measured.chance)


def _telling(feature: str, share: float, measured: ImageStatistics, fix: str) -> Caution:
    return Caution(
        f"Classes differ by {feature}: the mean {feature} alone names the class of "
        f"{_percent(share)} of {measured.images:,} training images (chance: "
        f"{_percent(measured.chance)}).",
        fix,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
