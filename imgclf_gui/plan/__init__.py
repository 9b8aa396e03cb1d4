"""resolve(): what a specification will really do, or what is wrong with it. Pure functions."""

from imgclf_gui.plan.plan import BlockPlan, DataPlan, NetworkPlan, Plan, Problem, Resolution
from imgclf_gui.plan.resolve import data_plan, plan_blocks, preset_network, resolve, resolve_network

__all__ = [
    "BlockPlan",
    "DataPlan",
    "NetworkPlan",
    "Plan",
    "Problem",
    "Resolution",
    "data_plan",
    "plan_blocks",
    "preset_network",
    "resolve",
    "resolve_network",
]
