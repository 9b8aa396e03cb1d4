"""Has the images measured when their classes matter to what is warned of: in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from imgclf_gui.core.project import Project

if TYPE_CHECKING:
    from imgclf_gui.gui.studio import Studio
    from imgclf_gui.jobs.supervisor import Jobs

MEASURE = "measure"
"""What the trainer service calls it, and how the names of its jobs begin."""


class Measuring(QObject):
    """Asks once for each dataset of `studio`, as soon as there are augmentations."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._asked = ""
        """The fingerprint of the dataset that was asked about last."""
        studio.resolution_changed.connect(self.consider)

    @Slot()
    def consider(self) -> None:
        """Ask, if there is something to warn of and nothing is known yet."""
        studio = self._studio
        summary, project = studio.summary, studio.project
        if project is None or not studio.spec.augmentation.steps or studio.importing:
            return
        if summary.statistics is not None or summary.fingerprint == self._asked:
            return
        if len(summary.labels) > 1 and summary.count("train"):
            self._asked = summary.fingerprint
            studio.begin(MEASURE, lambda jobs: _measure(jobs, project))


def _measure(jobs: Jobs, project: Project) -> str:
    from imgclf_gui.jobs.augmenting import measure_images

    return measure_images(jobs, project)
