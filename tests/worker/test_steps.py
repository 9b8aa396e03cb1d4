"""Our training steps against Keras's, and against themselves in other groupings."""

from __future__ import annotations

import json
import subprocess
import sys


def test_steps() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.helpers.step_facts"],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    facts = json.loads(ended.stdout.splitlines()[-1])
    assert facts["ours_to_keras"] < 1e-4
    assert facts["is_twin"] == "FusedBatchNormalization"
    assert facts["names"]
    assert facts["twin_to_keras"] < 1e-4
    assert facts["weighted_to_keras"] < 1e-4
    assert facts["grouping"]
    assert facts["grouping_with_xla"]
