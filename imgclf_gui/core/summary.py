"""What a dataset is, in figures: all that planning needs to know of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from imgclf_gui.core.spec import Split


class ImageStatistics(BaseModel):
    """What a sample of the training images tells of how their classes differ.

    Shares 0…1 are the accuracy of the plainest classifier there is, the nearest class mean, on
    images that it has not seen. `chance` is that of always naming the largest class.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int
    """In the sample."""
    chance: float
    colour: float | None = None
    """By an image's mean colour alone, whatever its brightness; None for grayscale images."""
    brightness: float
    """By an image's mean brightness alone."""
    pixels: float
    """By all pixels of small images."""
    changed: dict[str, ChangedImages] = {}
    """By all pixels, after a change that is named by the kind of an augmentation:
    'flip-horizontal', 'flip-vertical', 'rotation' (by half a turn)."""


class ChangedImages(BaseModel):
    """What becomes of `ImageStatistics.pixels` when the images are changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pixels: float
    confused: tuple[str, str] | None = None
    """A class whose images now look most like another's, and that other."""


class DatasetSummary(BaseModel):
    """Counts and sizes of a dataset; `counts[split]` has one number for each of `labels`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = ()
    counts: dict[Split, tuple[int, ...]] = {}
    common_width: int = 0
    """The most frequent width and height (together), in pixels; 0 without images."""
    common_height: int = 0
    same_size: bool = True
    grayscale: bool = False
    """True if every image is grayscale."""
    skipped: int = 0
    """Items of the sources that could not be read."""
    statistics: ImageStatistics | None = None
    """None until the images have been measured."""
    fingerprint: str = ""
    """Changes when images, labels or splits change."""

    def count(self, split: Split | None = None) -> int:
        """Images in `split`, or in all."""
        chosen = self.counts.values() if split is None else [self.counts.get(split, ())]
        return sum(sum(counts) for counts in chosen)


class DeviceSummary(BaseModel):
    """What a worker reports of a device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    """As `--device` takes it: 'cpu', 'gpu:0'."""
    name: str
    """The maker's name of it."""
    memory_bytes: int | None = None
    """Memory that a run can use; None if unknown."""
