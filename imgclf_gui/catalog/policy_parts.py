"""Operations that several policies choose from, those of AutoAugment (Cubuk et al. 2018).

All with probability 1; `share`, 0…1, is how much of their reach they have, 0 changes nothing.
"""

from __future__ import annotations

from imgclf_gui.core.spec import EntrySpec


def moves(share: float, *, degrees: float, slant: float, shift: float) -> tuple[EntrySpec, ...]:
    """Rotation by `degrees`, shear by `slant` degrees, translation by `shift` percent."""
    slant, shift = slant * share, shift * share
    return (
        EntrySpec(kind="rotation", degrees=degrees * share),
        EntrySpec(kind="shear", horizontal=slant, vertical=slant),
        EntrySpec(kind="translation", horizontal=shift, vertical=shift),
    )


def tones(share: float, *, bits: int) -> tuple[EntrySpec, ...]:
    """What changes which values there are; posterising takes up to `bits` of 8 away."""
    return (
        EntrySpec(kind="autocontrast", amount=100 * share, probability=1),
        EntrySpec(kind="equalize", amount=100 * share, probability=1),
        EntrySpec(kind="posterize", bits=8 - round(bits * share)),
        EntrySpec(kind="solarize", threshold=256 - round(256 * share)),
    )


def factors(share: float, *, reach: float, brightness: float) -> tuple[EntrySpec, ...]:
    """Contrast, saturation and sharpness by 1 ± `reach`; up to `brightness` of 255 added."""
    limits = {"lower": 1 - reach * share, "upper": 1 + reach * share}
    return (
        EntrySpec(kind="brightness", change=brightness * share),
        *(EntrySpec(kind=kind, **limits) for kind in ("contrast", "saturation", "sharpness")),
    )
