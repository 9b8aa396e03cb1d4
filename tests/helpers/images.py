"""Small images whose classes anybody can tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 12


def write_class_folders(folder: Path, *, images: int = 20, seed: int = 0) -> Path:
    """Write `folder`/bars, /blobs and /rings with `images` PNGs each, all different."""
    random = np.random.default_rng(seed)
    for label in ("bars", "blobs", "rings"):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for index in range(images):
            Image.fromarray(_picture(label, random)).save(folder / label / f"{index:03}.png")
    return folder


def _picture(label: str, random: np.random.Generator) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[:SIDE, :SIDE]
    centre = random.uniform(4.5, 6.5, size=2)
    distance = np.hypot(y - centre[0], x - centre[1])
    drawn = {
        "bars": (x + random.integers(4)) % 4 < 2,
        "blobs": distance < 3,
        "rings": np.abs(distance - 4) < 1,
    }[label]
    noise = random.integers(0, 40, size=(SIDE, SIDE))
    picture: npt.NDArray[np.uint8] = (drawn * 200 + noise).astype(np.uint8)
    return picture
