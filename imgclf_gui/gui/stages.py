"""The tabs of the window, in the order of the work. A further one is one more entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from imgclf_gui.gui.studio import Studio


@dataclass(frozen=True)
class Stage:
    """One tab; `make` imports and builds its page when it is first shown."""

    key: str
    title: str
    make: Callable[[Studio], QWidget]


def _dataset(studio: Studio) -> QWidget:
    from imgclf_gui.gui.pages.dataset import DatasetPage

    return DatasetPage(studio)


def _augmentation(studio: Studio) -> QWidget:
    from imgclf_gui.gui.pages.augmentation import AugmentationPage

    return AugmentationPage(studio)


def _architecture(studio: Studio) -> QWidget:
    from imgclf_gui.gui.pages.architecture import ArchitecturePage

    return ArchitecturePage(studio)


def _training(studio: Studio) -> QWidget:
    from imgclf_gui.gui.pages.training import TrainingPage

    return TrainingPage(studio)


def _cloud(studio: Studio) -> QWidget:
    from imgclf_gui.gui.pages.cloud import CloudPage

    return CloudPage(studio)


def _classify(studio: Studio) -> QWidget:
    from imgclf_gui.gui.pages.classify import ClassifyPage

    return ClassifyPage(studio)


STAGES = (
    Stage("dataset", "Dataset", _dataset),
    Stage("augmentation", "Augmentation", _augmentation),
    Stage("architecture", "Architecture", _architecture),
    Stage("training", "Training", _training),
    Stage("cloud", "Cloud models", _cloud),
    Stage("classify", "Classify", _classify),
)
