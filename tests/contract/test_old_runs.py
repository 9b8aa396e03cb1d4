"""Runs made before blocks could lie inside others: their plans load, and their weights fit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.plan import BlockPlan, Plan, named_blocks, resolve
from tests.helpers.plans import DATASET

OLD = Path(__file__).parent / "old_run"
"""spec.json and plan.json as version 0.1.0 wrote them."""

VARIABLES = [
    "block_00_convolution/kernel",
    "block_00_convolution/bias",
    "block_02_batch_normalization/gamma",
    "block_02_batch_normalization/beta",
    "block_02_batch_normalization/moving_mean",
    "block_02_batch_normalization/moving_variance",
    "block_05_dense/kernel",
    "block_05_dense/bias",
    "seed_generator/seed_generator_state",
    "block_07_logits/kernel",
]
"""The Keras variables of that plan, as version 0.1.0 called them in its checkpoints."""

BUILD = """
import json, sys
from imgclf_gui.worker import devices
devices.tensorflow()
from imgclf_gui.plan import Plan
from imgclf_gui.worker.network import build_network
network = build_network(Plan.model_validate_json(sys.stdin.read()).network)
print(json.dumps([variable.path for variable in network.variables]))
"""


@pytest.fixture
def plan() -> Plan:
    return Plan.model_validate_json((OLD / "plan.json").read_text("utf-8"))


def test_a_plan_of_flat_blocks_loads_with_its_figures(plan: Plan) -> None:
    assert (plan.network.trainable_parameters, plan.network.parameters) == (328, 332)
    assert [name for name, _ in named_blocks(plan.network.blocks)][:3] == [
        "block_00_convolution", "block_01_max_pooling", "block_02_batch_normalization",
    ]  # fmt: skip
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_a_spec_of_flat_blocks_gives_the_same_plan_today(plan: Plan) -> None:
    spec = ProjectSpec.model_validate_json((OLD / "spec.json").read_text("utf-8"))
    today = resolve(spec, DATASET).plan
    assert today is not None
    assert list(map(_kept, today.network.walk())) == list(map(_kept, plan.network.walk()))
    assert today.steps_per_epoch == plan.steps_per_epoch


def _kept(block: BlockPlan) -> dict[str, Any]:
    """All of it but the estimate of memory, which may become better."""
    return block.model_dump(exclude={"activation_bytes"})


def test_its_variables_have_the_names_that_its_checkpoints_have() -> None:
    built = subprocess.run(
        [sys.executable, "-c", BUILD],
        input=(OLD / "plan.json").read_text("utf-8"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(built.stdout.splitlines()[-1]) == VARIABLES
