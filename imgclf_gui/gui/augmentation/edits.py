"""The list of augmentations under a person's hands: every edit of it, each one undo step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Augmentation
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep, ProjectSpec
from imgclf_gui.gui.studio import Studio
from imgclf_gui.plan import preset_augmentation

Steps = tuple[AugmentationStep, ...]

PERCENT = 100
"""Places that a strength slider has, besides the one at its left end."""


class StepEdits(QObject):
    """Every change of the list goes through here."""

    chosen_wanted = Signal(int)
    """The place of a step that a person looks at after an edit; -1 in an empty list."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._typing: tuple[object, ...] | None = None
        """What was moved or typed into last: what comes there next is the same undo step."""
        studio.stepped.connect(self._on_stepped)

    @property
    def steps(self) -> Steps:
        """The list."""
        return self._studio.spec.augmentation.steps

    @property
    def open(self) -> bool:
        """Whether there is a project, so that anything can be changed."""
        return self._studio.project is not None

    def add(self, kind: str, place: int) -> None:
        """Put a new augmentation, as it usually is, in front of `place`."""
        self.insert([usual_step(kind)], place)

    def insert(self, new: Sequence[AugmentationStep], place: int, verb: str = "Add") -> None:
        """Put steps in front of `place`."""
        if new:
            names = step_title(new[0]) if len(new) == 1 else f"{len(new)} augmentations"
            steps = (*self.steps[:place], *new, *self.steps[place:])
            self._edit(f"{verb} {names}", steps, place + len(new) - 1)

    def remove(self, place: int) -> None:
        """Take a step away; the next one is looked at."""
        steps = (*self.steps[:place], *self.steps[place + 1 :])
        self._edit(f"Remove {self._title(place)}", steps, min(place, len(steps) - 1))

    def duplicate(self, place: int) -> None:
        """Put a copy behind a step."""
        self.insert([self.steps[place]], place + 1, "Duplicate")

    def move(self, place: int, target: int) -> None:
        """Take a step out, and put it in front of the one that is at `target` now."""
        if not 0 <= target <= len(self.steps) or target in (place, place + 1):
            return
        rest = [*self.steps[:place], *self.steps[place + 1 :]]
        to = target - (target > place)
        rest.insert(to, self.steps[place])
        self._edit(f"Move {self._title(place)}", tuple(rest), to)

    def switch(self, place: int, on: bool) -> None:
        """Switch a step on or off."""
        changed = self.steps[place].model_copy(update={"enabled": on})
        self._replace(f"Switch {self._title(place)} {'on' if on else 'off'}", place, changed)

    def set_strength(self, place: int, strength: float) -> None:
        """Move what the slider of a step moves; 0 … 1. A drag is one undo step."""
        entry = loaded(self.steps[place])
        if entry is not None:
            name = f"Strength of {entry.title}"
            self._replace(name, place, _moved(self.steps[place], entry, strength), "strength")

    def step_strength(self, place: int, percent: int) -> None:
        """Move a strength by that many percent, or as far as it takes to change anything."""
        entry = loaded(self.steps[place])
        if entry is None:
            return
        start, direction = round(PERCENT * entry.strength), 1 if percent > 0 else -1
        end = PERCENT if percent > 0 else 0
        for share in range(start + percent, end + direction, direction):
            if entry.at(_within(share)) != entry:
                self.set_strength(place, _within(share))
                return
        self.set_strength(place, end / PERCENT)

    def set(self, place: int, field: str, value: object, *, typed: bool) -> None:
        """Change a setting of a step; what is typed into one field is one undo step."""
        step = self.steps[place]
        entry = catalog.augmentation_entries()[step.kind]
        title = entry.model_fields[field].title or field
        changed = step.model_copy(update={field: value})
        name = f"Change {title.lower()} of {entry.title}"
        self._replace(name, place, changed, field if typed else None)

    def start_with(self, preset: str) -> None:
        """Replace the list by that of a preset."""
        title = catalog.augmentation_preset_entries()[preset].title
        self._typing = None
        self._apply(f"Choose {title}", preset_spec(preset))
        self.chosen_wanted.emit(0 if self.steps else -1)

    def forget_typing(self) -> None:
        """What is moved or typed next is a step of its own."""
        self._typing = None

    @Slot(object, object)
    def _on_stepped(self, before: ProjectSpec, after: ProjectSpec) -> None:
        """Look at what was undone, or done again."""
        self._typing = None
        old, new = before.augmentation.steps, after.augmentation.steps
        if old != new:
            self.chosen_wanted.emit(min(_alike(old, new), len(new) - 1))

    def _title(self, place: int) -> str:
        return step_title(self.steps[place])

    def _replace(
        self, name: str, place: int, step: AugmentationStep, typed: str | None = None
    ) -> None:
        key = (place, typed) if typed else None
        merge, self._typing = key is not None and key == self._typing, key
        steps = (*self.steps[:place], step, *self.steps[place + 1 :])
        spec = self._studio.spec.augmentation.model_copy(update={"steps": steps})
        self._apply(name, spec, merge=merge)

    def _edit(self, name: str, steps: Steps, chosen: int) -> None:
        self._typing = None
        spec = self._studio.spec.augmentation.model_copy(update={"steps": steps})
        self._apply(name, spec)
        self.chosen_wanted.emit(chosen)

    def _apply(self, name: str, augmentation: AugmentationSpec, *, merge: bool = False) -> None:
        spec = self._studio.spec.model_copy(update={"augmentation": augmentation})
        self._studio.edit(name, spec, merge=merge)


def usual_step(kind: str) -> AugmentationStep:
    """A new augmentation of that kind, every setting written out."""
    entry = catalog.augmentation_entries()[kind]
    return AugmentationStep.model_validate(entry().to_spec().model_dump())


def loaded(step: AugmentationStep) -> Augmentation | None:
    """The entry that `step` stores; None for an unknown kind, or settings that do not work."""
    try:
        return catalog.load(step, catalog.augmentation_entries())
    except UserError:
        return None


def step_title(step: AugmentationStep) -> str:
    """'Rotation'; the kind, where this installation does not know it."""
    entry = catalog.augmentation_entries().get(step.kind)
    return entry.title if entry else step.kind[:50]


@cache
def preset_spec(kind: str) -> AugmentationSpec:
    """The list of a preset."""
    return preset_augmentation(kind)


def preset_in_use(spec: AugmentationSpec) -> str | None:
    """The preset whose list `spec` is, switches included; None for a list of one's own."""
    kinds = [kind for kind in catalog.augmentation_preset_entries() if kind != spec.preset]
    known = spec.preset in catalog.augmentation_preset_entries()
    first = [spec.preset] if known and spec.preset else []
    return next((kind for kind in first + kinds if preset_spec(kind).steps == spec.steps), None)


def augmentation_words(spec: AugmentationSpec) -> str:
    """'Augmentation: Light, 5 random changes.'; empty where nothing is changed."""
    count = sum(step.enabled for step in spec.steps)
    if not count:
        return ""
    kind = preset_in_use(spec)
    title = catalog.augmentation_preset_entries()[kind].title if kind else "own list"
    return f"Augmentation: {title}, {count} random change{'s' if count > 1 else ''}."


def _moved(step: AugmentationStep, entry: Augmentation, strength: float) -> AugmentationStep:
    settings = entry.at(strength).model_dump(mode="json")
    return step.model_copy(update={name: settings[name] for name in entry.strengths})


def _within(percent: int) -> float:
    return min(max(percent, 0), PERCENT) / PERCENT


def _alike(old: Steps, new: Steps) -> int:
    """How many at the beginning are the same."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))
