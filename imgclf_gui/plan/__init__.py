"""resolve(): what a specification will really do, or what is wrong with it. Pure functions."""

from imgclf_gui.plan.augmentation import preset_augmentation
from imgclf_gui.plan.network import (
    NetworkDraft,
    block_inputs,
    block_name,
    draft_network,
    lane_prefix,
    named_blocks,
    preset_network,
    resolve_network,
)
from imgclf_gui.plan.plan import BlockPlan, DataPlan, NetworkPlan, Plan, Problem, Resolution
from imgclf_gui.plan.resolve import (
    EXAMPLE_DATASET,
    data_budget,
    data_plan,
    largest_batch,
    resolve,
)

__all__ = [
    "EXAMPLE_DATASET",
    "BlockPlan",
    "DataPlan",
    "NetworkDraft",
    "NetworkPlan",
    "Plan",
    "Problem",
    "Resolution",
    "block_inputs",
    "block_name",
    "data_budget",
    "data_plan",
    "draft_network",
    "lane_prefix",
    "largest_batch",
    "named_blocks",
    "preset_augmentation",
    "preset_network",
    "resolve",
    "resolve_network",
]
