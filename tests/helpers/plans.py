"""A small spec and its plan."""

from __future__ import annotations

from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan import Plan, preset_network, resolve

DATASET = DatasetSummary(
    labels=("bars", "blobs", "rings"),
    counts={"train": (16, 16, 16), "validation": (2, 2, 2), "test": (2, 2, 2)},
    common_width=12,
    common_height=12,
    grayscale=True,
    fingerprint="f",
)
"""A dataset like the fixture `shapes`."""


def a_spec() -> ProjectSpec:
    """A project with the preset 'linear'."""
    return ProjectSpec(network=preset_network("linear"))


def a_plan(dataset: DatasetSummary = DATASET) -> Plan:
    """The plan of `a_spec`."""
    plan = resolve(a_spec(), dataset).plan
    assert plan is not None
    return plan
