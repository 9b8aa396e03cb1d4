"""What a dataset is, in figures: all that planning needs to know of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from imgclf_gui.core.spec import Split


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
