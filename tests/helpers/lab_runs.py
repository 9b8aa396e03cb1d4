"""Twins as a project holds them, with made-up figures: what the lab shows without a training."""

from __future__ import annotations

from collections.abc import Iterator

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.gui.twin_plans import plan_twins
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.plan import Plan
from imgclf_gui.plan.watch import watched_blocks
from imgclf_gui.protocol import events as e
from tests.helpers.plans import DATASET

CPU = DeviceSummary(label="cpu", name="Processor")
DEPTH = 6
"""Residual blocks of `RESIDUAL`."""
WHAT = "shortcuts"

_INSIDE = (
    BlockSpec(kind="convolution", filters=4, size=3, activation="none", bias=False),
    BlockSpec(kind="batch-normalization"),
    BlockSpec(kind="activation"),
)
RESIDUAL = NetworkSpec(
    blocks=(
        BlockSpec(kind="convolution", filters=4, size=3, activation="relu"),
        *(
            BlockSpec(kind="residual", name=f"Unit {i}", blocks=_INSIDE)
            for i in range(1, 1 + DEPTH)
        ),
        BlockSpec(kind="global-pooling"),
        BlockSpec(kind="logits"),
    )
)
"""A small residual network for images of any size."""


def make_twins(
    project: Project,
    dataset: DatasetSummary = DATASET,
    *,
    observations: int = 20,
    key: str = "t",
    network: NetworkSpec = RESIDUAL,
) -> tuple[RunFolder, RunFolder]:
    """Two complete runs in `project`; without shortcuts the gradient falls on its way back."""
    planned = plan_twins(project.spec, dataset, None, network=network, what=WHAT, epochs=2)
    assert not planned.problem
    made = []
    for spec, plan, lacks in zip(planned.specs, planned.plans, ("", WHAT), strict=True):
        name = f"Small net without {lacks}" if lacks else "Small net"
        run = RunFolder.create(project, spec, plan, name, twin=key, without=lacks)
        for event in figures(run.id, plan, fall=0.1 if lacks else 0.9, observations=observations):
            run.record(event)
        made.append(run)
    return made[0], made[1]


def make_watched(project: Project, dataset: DatasetSummary = DATASET) -> RunFolder:
    """One complete run in `project` that was watched and has no twin."""
    planned = plan_twins(project.spec, dataset, None, network=RESIDUAL, what=WHAT, epochs=2)
    run = RunFolder.create(project, planned.specs[0], planned.plans[0], "Watched net")
    for event in figures(run.id, planned.plans[0], fall=0.9, observations=20):
        run.record(event)
    return run


def figures(job: str, plan: Plan, *, fall: float, observations: int) -> Iterator[e.Event]:
    """A run of two epochs whose gradient norm is `fall` times as large with each block back."""
    per_epoch = plan.steps_per_epoch
    steps = 2 * per_epoch
    yield e.RunStarted(job=job, device=CPU, epochs_total=2, steps_per_epoch=per_epoch)
    seen = {max(1, round(steps * (i + 1) / observations)) for i in range(observations)}
    for step in range(1, steps + 1):
        epoch = 1 + (step - 1) // per_epoch
        yield e.StepsEnded(
            job=job, step=step, epoch=epoch, loss=2 / step ** (fall / 2), accuracy=fall / 2,
            learning_rate=0.001, images_per_second=1000, seconds_left=1,
        )  # fmt: skip
        if step in seen:
            yield observation(job, plan, step, epoch, fall)
        if step % per_epoch == 0:
            yield _epoch(job, epoch, step, fall)
    yield e.RunFinished(job=job, outcome="completed", best_epoch=2, seconds=2)


def observation(job: str, plan: Plan, step: int, epoch: int, fall: float) -> e.BlocksObserved:
    """Of every watched block; the first has no dead units to tell of."""
    count = len(watched_blocks(plan.network))
    blocks = tuple(
        e.BlockStatistics(
            mean=0.01 * number,
            spread=1.0,
            dead=None if number == 1 else 0.25,
            gradient=fall ** (count - number),
            update=0.001 * step,
        )
        for number in range(1, count + 1)
    )
    return e.BlocksObserved(job=job, step=step, epoch=epoch, blocks=blocks)


def _epoch(job: str, epoch: int, step: int, fall: float) -> e.EpochEnded:
    summary = e.EpochSummary(
        epoch=epoch, step=step, loss=1.0, accuracy=fall / 2, validation_loss=1.1,
        validation_accuracy=fall / 2, learning_rate=0.001, seconds=1, images_per_second=1000,
    )  # fmt: skip
    return e.EpochEnded(job=job, summary=summary, best=True)
