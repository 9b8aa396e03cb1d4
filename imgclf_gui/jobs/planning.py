"""From a project's spec and its dataset to a plan, as the window and the command line need it."""

from __future__ import annotations

from imgclf_gui.core.dataset import Dataset
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.core.statistics import with_statistics
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.plan import Plan, Problem, Resolution, resolve


def dataset_summary(project: Project, spec: ProjectSpec | None = None) -> DatasetSummary:
    """The project's dataset, split as `spec` (by default the project's) says.

    Raises:
        UserError: the dataset cannot be read or written.
    """
    with Dataset.open(project.dataset_path) as dataset:
        dataset.assign_splits((spec or project.spec).data)
        return with_statistics(project, dataset.summary())


def plan_run(
    project: Project, spec: ProjectSpec, device: DeviceSummary | None = None
) -> Resolution:
    """What `spec` will do with the project's dataset, or what is wrong with it.

    Raises:
        UserError: the dataset cannot be read or written.
    """
    return resolve(spec, dataset_summary(project, spec), device)


def sound_plan(
    project: Project, spec: ProjectSpec, device: DeviceSummary | None = None
) -> tuple[Plan, tuple[Problem, ...]]:
    """The plan of `spec`, and warnings about it.

    Raises:
        UserError: `plan.problem`, the first one; or the dataset cannot be read or written.
    """
    resolution = plan_run(project, spec, device)
    if resolution.plan is None:
        first = resolution.problems[0]
        raise UserError("plan.problem", f"{first.path}: {first.message}", first.fix)
    return resolution.plan, resolution.warnings
