"""Does it help? The same training with and without each augmentation, several times over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import ceil

from pydantic import BaseModel, ConfigDict, Field, model_validator

from imgclf_gui import catalog
from imgclf_gui.core.spec import EntrySpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.plan.plan import Plan, Problem
from imgclf_gui.plan.resolve import resolve

EPOCHS, SEEDS, TRAIN_IMAGES = 10, 3, 5_000
"""What a study takes unless the person says otherwise."""
MOST_SEEDS = 20
LARGEST_SEED = 2**31 - 1

NOTHING, EVERYTHING = "No augmentation", "All together"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Variant(_Value):
    """One list of augmentations that is tried."""

    title: str
    steps: tuple[EntrySpec, ...] = ()


class StudyPlan(_Value):
    """Trainings that differ in nothing but augmentation and seed.

    Those of one seed begin with the same weights and see the same images in the same order.
    """

    plan: Plan
    """Of one of them; its seed is the first, and its augmentation all that is tried."""
    variants: tuple[Variant, ...] = Field(min_length=1)
    """The first has no augmentation: the others are compared with it."""
    seeds: tuple[int, ...] = Field(min_length=1)
    train_images: int = Field(ge=1)
    """Each training learns from so many images, drawn anew for each seed."""

    @model_validator(mode="after")
    def _begins_with_nothing(self) -> StudyPlan:
        if self.variants[0].steps:
            raise ValueError("the first variant of a study has no augmentation")
        return self

    @property
    def epochs(self) -> int:
        """Of each training."""
        return self.plan.training.epochs

    @property
    def trainings(self) -> int:
        """How many there are in all."""
        return len(self.variants) * len(self.seeds)

    def order(self) -> Iterator[tuple[int, int]]:
        """Variant and seed of each training: every variant with the first seed, and so on."""
        for seed in self.seeds:
            for variant in range(len(self.variants)):
                yield variant, seed

    def plan_of(self, variant: int, seed: int) -> Plan:
        """What one training carries out."""
        training = self.plan.training.model_copy(update={"seed": seed})
        steps = self.variants[variant].steps
        return self.plan.model_copy(update={"training": training, "augmentation": steps})


class StudyResolution(_Value):
    """A study that can be carried out, or the problems that keep it from that."""

    plan: StudyPlan | None = None
    problems: tuple[Problem, ...] = ()


def study_plan(
    spec: ProjectSpec,
    dataset: DatasetSummary,
    device: DeviceSummary | None = None,
    *,
    epochs: int = EPOCHS,
    seeds: int = SEEDS,
    train_images: int = TRAIN_IMAGES,
) -> StudyResolution:
    """The study of `spec`'s augmentations with `dataset`, or what is wrong.

    Each training takes `epochs` and at most `train_images` images; there are as many for each
    variant as `seeds`. Early stopping is off, a warm-up keeps its share of the training.
    """
    problems = _bounds_problems(epochs, seeds, train_images)
    resolution = resolve(_short(spec, max(1, epochs)), dataset, device)
    problems += resolution.problems
    if resolution.plan is None or problems:
        return StudyResolution(problems=tuple(problems))
    plan = resolution.plan
    augmentation = tuple(step for step in plan.augmentation if _acts(step, plan.data.channels))
    problems += _nothing_to_study(augmentation, plan.data.validation_images)
    if problems:
        return StudyResolution(problems=tuple(problems))
    images = min(train_images, plan.data.train_images)
    steps = ceil(images / plan.training.batch_size)
    study = StudyPlan(
        plan=plan.model_copy(update={"steps_per_epoch": steps, "augmentation": augmentation}),
        variants=variants_of(augmentation),
        seeds=_seeds(plan.training.seed, seeds),
        train_images=images,
    )
    return StudyResolution(plan=study)


def variants_of(steps: tuple[EntrySpec, ...]) -> tuple[Variant, ...]:
    """Nothing, each of `steps` by itself, and, where there are several, all of them."""
    alone = [
        Variant(title=title, steps=(step,))
        for title, step in zip(_titles(steps), steps, strict=True)
    ]
    together = [Variant(title=EVERYTHING, steps=steps)] if len(steps) > 1 else []
    return (Variant(title=NOTHING), *alone, *together)


def _short(spec: ProjectSpec, epochs: int) -> ProjectSpec:
    training = spec.training
    share = min(1.0, epochs / training.epochs)
    changed = {
        "epochs": epochs,
        "warmup_epochs": training.warmup_epochs * share,
        "early_stopping_patience": 0,
        "watch_blocks": False,
    }
    return spec.model_copy(update={"training": training.model_copy(update=changed)})


def _bounds_problems(epochs: int, seeds: int, train_images: int) -> list[Problem]:
    """What is out of bounds; the path is the name of the setting."""
    bounds = (
        ("epochs", epochs, 1, 10_000),
        ("seeds", seeds, 1, MOST_SEEDS),
        ("images", train_images, 1, 1_000_000_000),
    )
    return [
        Problem(
            path=f"study.{name}",
            message=f"A study of {value:,} {name} is not possible.",
            fix=f"Choose {least:,} to {most:,}.",
        )
        for name, value, least, most in bounds
        if not least <= value <= most
    ]


def _acts(step: EntrySpec, channels: int) -> bool:
    """Whether it changes such images at all; what does not would only weaken the comparison."""
    return catalog.load(step, catalog.augmentation_entries()).acts_on(channels)


def _nothing_to_study(augmentation: tuple[EntrySpec, ...], images: int) -> list[Problem]:
    """What is missing: augmentations, or validation `images`."""
    problems = []
    if not augmentation:
        problems.append(
            Problem(
                path="augmentation.steps",
                message="No augmentation is switched on that changes these images: there is "
                "nothing to compare.",
                fix="Add one, switch one on, or begin with a preset of augmentations.",
            )
        )
    if not images:
        problems.append(
            Problem(
                path="data.validation_percent",
                message="A study measures on validation images, and there are none.",
                fix="Raise the validation share.",
            )
        )
    return problems


def _seeds(first: int, count: int) -> tuple[int, ...]:
    return tuple((first + number) % (LARGEST_SEED + 1) for number in range(count))


def _titles(steps: tuple[EntrySpec, ...]) -> list[str]:
    """What each is called; of those that would read alike, the second is '… (2)'."""
    seen = Counter[str]()
    titles = []
    for step in steps:
        entry = catalog.load(step, catalog.augmentation_entries())
        title = f"{entry.title} {entry.brief()}".strip()
        seen[title] += 1
        titles.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return titles
