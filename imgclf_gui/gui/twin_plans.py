"""What the lab would train: two plans that differ in one thing, or why not."""

from __future__ import annotations

from dataclasses import dataclass

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import NetworkSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.gui.widgets.words import large
from imgclf_gui.plan import Plan, resolve
from imgclf_gui.plan.lab import ablation_title


@dataclass(frozen=True)
class TwinPlans:
    """Specs and plans, the one with it first; none if there is a `problem`."""

    asked: ProjectSpec
    """The project's spec with the network and the epochs of the twins."""
    specs: tuple[ProjectSpec, ...] = ()
    plans: tuple[Plan, ...] = ()
    problem: str = ""

    @property
    def words(self) -> str:
        """What both cost, and what is the same in both."""
        if not self.plans:
            return ""
        whole, less = (plan.network.parameters for plan in self.plans)
        plan = self.plans[0]
        training = plan.training
        epochs = "1 epoch" if training.epochs == 1 else f"{training.epochs:,} epochs"
        return (
            f"{large(whole)} parameters with, {large(less)} without. The same for both: {epochs} "
            f"of {plan.data.train_images:,} training images, batches of {training.batch_size:,}, "
            f"{training.optimizer.kind} at {training.learning_rate:g}, "
            f"seed {training.seed}."
        )


def plan_twins(
    spec: ProjectSpec,
    dataset: DatasetSummary,
    device: DeviceSummary | None,
    *,
    network: NetworkSpec,
    what: str,
    epochs: int,
) -> TwinPlans:
    """The twins of `network` with and without `what`, trained for `epochs` as `spec` says."""
    from imgclf_gui.jobs.twins import twin_specs

    training = spec.training.model_copy(update={"epochs": epochs})
    asked = spec.model_copy(update={"network": network, "training": training})
    try:
        specs = twin_specs(asked, what)
    except UserError as error:
        return TwinPlans(asked, problem=error.report.sentence())
    plans = []
    for one, words in zip(specs, ("", f"Without {ablation_title(what)}: "), strict=True):
        resolution = resolve(one, dataset, device)
        if resolution.plan is None:
            wrong = resolution.problems[0]
            return TwinPlans(asked, problem=f"{words}{wrong.message} {wrong.fix}")
        plans.append(resolution.plan)
    return TwinPlans(asked, specs, tuple(plans))
