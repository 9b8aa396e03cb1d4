"""What the rows of the list say of its steps. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from imgclf_gui import catalog
from imgclf_gui.core.spec import AugmentationStep
from imgclf_gui.gui.augmentation.edits import Steps, loaded, step_title
from imgclf_gui.plan import Problem, Resolution

STEPS = "augmentation.steps"
"""The path of the list in a project's spec."""


@dataclass(frozen=True)
class StepRow:
    """One row."""

    title: str
    group: str = ""
    """The heading of the palette that it stands under."""
    brief: str = ""
    """The settings in a few characters."""
    images: str = ""
    """The share of the images that are changed, unless it is all of them."""
    strength: float | None = None
    """0 … 1; None where the settings do not tell of one."""
    enabled: bool = True
    problem: str = ""
    """Why it cannot be carried out."""
    warning: str = ""
    """What a person should know of it."""

    @property
    def note(self) -> str:
        """What is wrong, or worth knowing; empty if nothing is."""
        return self.problem or self.warning

    @property
    def facts(self) -> str:
        """Settings and share: '±15°, 50 % of images'."""
        return ", ".join(filter(None, [self.brief, self.images]))

    @property
    def percent(self) -> str:
        """The strength as a person reads it: '10 %'; empty where there is none."""
        return "" if self.strength is None else f"{100 * self.strength:.0f} %"

    def sentence(self) -> str:
        """All of it, for people who hear the window."""
        strength = f"strength {self.percent}" if self.percent else ""
        off = "" if self.enabled else "switched off"
        return ", ".join(filter(None, [self.title, self.facts, strength, off, self.note]))


def step_rows(steps: Steps, resolution: Resolution) -> list[StepRow]:
    """A row for each step, with what `resolution` found there."""
    return [
        _row(step, words(problems_at(place, resolution.problems)),
             words(problems_at(place, resolution.warnings)))
        for place, step in enumerate(steps)
    ]  # fmt: skip


def problems_at(place: int, problems: Iterable[Problem]) -> list[Problem]:
    """Those of the step at `place`, and of its settings."""
    here = f"{STEPS}.{place}"
    return [one for one in problems if one.path == here or one.path.startswith(f"{here}.")]


def place_of(problem: Problem) -> int | None:
    """The place of the step that `problem` is about; None if it is about no step."""
    rest = problem.path.removeprefix(f"{STEPS}.")
    number = rest.partition(".")[0]
    return int(number) if rest != problem.path and number.isdecimal() else None


def _row(step: AugmentationStep, problem: str, warning: str) -> StepRow:
    entry = loaded(step)
    if entry is None:
        known = catalog.augmentation_entries().get(step.kind)
        group = known.group if known else ""
        return StepRow(
            step_title(step), group, enabled=step.enabled, problem=problem, warning=warning
        )
    moves_share = "probability" in entry.strengths
    share = f"{100 * entry.probability:.3g} % of images"
    return StepRow(
        title=entry.title,
        group=entry.group,
        brief="" if moves_share else entry.brief(),
        images="" if entry.probability == 1 and not moves_share else share,
        strength=entry.strength,
        enabled=step.enabled,
        problem=problem,
        warning=warning,
    )


def words(problems: Iterable[Problem]) -> str:
    """What `problems` say, and what to do."""
    return " ".join(f"{one.message} {one.fix}" for one in problems)
