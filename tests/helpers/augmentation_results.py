"""What augmentations make of given pixels at settings that are not left to chance.

Tests stay free of TensorFlow: run as a process with the names of a file of arrays (.npz) to read
and of one to write, whose keys say what was done.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.spec import EntrySpec

Arrays = dict[str, NDArray[Any]]
QUALITIES = (5, 25, 50, 75, 95, 100)
THRESHOLDS = (0, 100, 256)
ALPHAS = (0.1, 0.2, 1.0, 4.0)
DRAWN = 40_000
ERASED = (400, 24, 36, 1)
CLASSES = 4
EVEN = 77


class Lowest:
    """Draws of the lowest values there are, for entries that then take their setting as it is."""

    def __init__(self, images: int) -> None:
        self._images = images

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Shape = ()) -> Any:
        """float32 [N, *shape] of `low`."""
        import tensorflow as tf

        del high
        return tf.fill((self._images, *shape), float(low))

    def integers(self, high: int, shape: Shape = ()) -> Any:
        """int32 [N, *shape] of 0."""
        import tensorflow as tf

        del high
        return tf.zeros((self._images, *shape), tf.int32)


def results(folder: Path, pixels: Mapping[str, NDArray[Any]]) -> Arrays:
    """Everything that is asked below of images [N, h, w, c] by name, from a process of its own."""
    asked, answered = folder / "asked.npz", folder / "answered.npz"
    _write(asked, pixels)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.helpers.augmentation_results", str(asked), str(answered)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    with np.load(answered) as arrays:
        return dict(arrays)


def main(asked: Path, answered: Path) -> None:
    """Augment, and write."""
    from imgclf_gui.worker import devices

    devices.tensorflow()
    made: Arrays = {}
    with np.load(asked) as arrays:
        for name, pixels in arrays.items():
            for title, spec in _settings().items():
                made[f"{title} {name}"] = _at_the_setting(spec, pixels)
    made |= _shares() | _erased() | _mixed() | _policies()
    _write(answered, made)


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    np.savez(path, allow_pickle=False, **arrays)


def _settings() -> dict[str, EntrySpec]:
    specs = [EntrySpec(kind="jpeg-quality", quality=quality) for quality in QUALITIES]
    specs += [EntrySpec(kind="posterize", bits=bits) for bits in range(1, 9)]
    specs += [EntrySpec(kind="solarize", threshold=threshold) for threshold in THRESHOLDS]
    specs += [EntrySpec(kind=kind, amount=100) for kind in ("equalize", "autocontrast")]
    return {" ".join(map(str, [spec.kind, *spec.settings.values()])): spec for spec in specs}


def _at_the_setting(spec: EntrySpec, pixels: NDArray[Any]) -> NDArray[Any]:
    import tensorflow as tf

    entry: Any = catalog.load(spec, catalog.augmentation_entries())
    made = entry.augment(tf.constant(pixels, tf.float32), Lowest(len(pixels)))
    return np.asarray(tf.round(tf.clip_by_value(made, 0, 255)))


def _draws(images: int) -> Any:
    import tensorflow as tf

    from imgclf_gui.worker.draws import StepDraws

    return StepDraws(1, tf.constant(2), images, (0,))


def _shares() -> Arrays:
    """The shares that images keep, of many draws."""
    from imgclf_gui.catalog.mixing_maths import larger_shares

    return {f"shares {alpha}": np.asarray(larger_shares(alpha, _draws(DRAWN))) for alpha in ALPHAS}


def _erased() -> Arrays:
    """Where white images were erased, by the largest area and the elongation."""
    made = {}
    for largest, elongation in ((33, 3), (50, 10), (100, 3), (20, 1), (0, 3)):
        settings = {"largest": largest, "elongation": elongation, "filling": "black"}
        made[f"erased {largest} {elongation}"] = _augmented("random-erasing", settings)[0]
    made["noise"] = _augmented("random-erasing", {"largest": 100, "filling": "noise"})[0]
    made["mean"] = _augmented("random-erasing", {"largest": 50, "filling": "mean"})[0]
    return made


def _augmented(
    kind: str, settings: Mapping[str, Any], pixels: NDArray[Any] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """By the worker's own code, every image; of white images if none are given."""
    from imgclf_gui.worker.augment import Augmenter

    pixels = np.full(ERASED, 255, np.uint8) if pixels is None else pixels
    augmenter = Augmenter([EntrySpec(kind=kind, probability=1, **settings)], CLASSES, 0)
    labels = np.arange(len(pixels), dtype=np.int32) % CLASSES
    made, targets = augmenter.augment(pixels, labels, 0)
    return np.asarray(made), np.asarray(targets)


def _mixed() -> Arrays:
    """Images of one value each, 60 times their class, mixed; and the targets."""
    labels = np.arange(256) % CLASSES
    pixels = np.repeat(60 * labels, 20 * 30 * 3).reshape(-1, 20, 30, 3).astype(np.uint8)
    made: Arrays = {}
    for kind in ("mix-up", "cut-mix"):
        made[kind], made[f"{kind} targets"] = _augmented(kind, {"alpha": 1.0}, pixels)
    return made


def _policies() -> Arrays:
    """Which operations policies ask for, and what AugMix makes of operations that add 40."""
    import tensorflow as tf

    even = np.full((600, 5, 5, 3), EVEN, np.uint8)
    made: Arrays = {"even images": _augmented("trivial-augment", {}, even)[0]}
    for kind in ("rand-augment", "trivial-augment", "aug-mix"):
        asked: list[NDArray[Any]] = []

        def operate(images: Any, indices: Any, asked: list[NDArray[Any]] = asked) -> Any:
            asked.append(np.asarray(indices))
            return images + 40

        entry: Any = catalog.augmentation_entries()[kind]()
        black = tf.zeros((3000, 1, 1, 1))
        made[f"{kind} result"] = np.asarray(entry.augment(black, _draws(3000), operate))
        made[f"{kind} asked"] = np.stack(asked)
        made[f"{kind} operations"] = np.array(len(entry.operations()))
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
