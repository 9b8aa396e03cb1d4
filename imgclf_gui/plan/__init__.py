"""resolve(): what a specification will really do, or what is wrong with it. Pure functions."""

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
from imgclf_gui.plan.resolve import data_plan, resolve

__all__ = [
    "BlockPlan",
    "DataPlan",
    "NetworkDraft",
    "NetworkPlan",
    "Plan",
    "Problem",
    "Resolution",
    "block_inputs",
    "block_name",
    "data_plan",
    "draft_network",
    "lane_prefix",
    "named_blocks",
    "preset_network",
    "resolve",
    "resolve_network",
]
