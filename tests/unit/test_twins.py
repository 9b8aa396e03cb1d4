"""Twins: two runs queued behind each other that belong together, found again later."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.jobs.twins import find_twins, train_twins
from imgclf_gui.plan import preset_network
from imgclf_gui.protocol import events as e
from tests.helpers.listener import Listener
from tests.helpers.live_worker import make_project
from tests.helpers.plans import a_plan, a_spec

ACTOR = [sys.executable, "-m", "tests.helpers.actor_worker"]


@pytest.fixture
def heard() -> Listener:
    """What the workers reported."""
    return Listener()


@pytest.fixture
def jobs(heard: Listener) -> Iterator[Jobs]:
    """Jobs whose workers only play."""
    jobs = Jobs(heard, ACTOR)
    yield jobs
    jobs.close()


@pytest.fixture
def project(tmp_path: Path, shapes: Path) -> Project:
    """A project with images."""
    return make_project(tmp_path / "project", shapes)


def test_twins_differ_in_one_thing(jobs: Jobs, heard: Listener, project: Project) -> None:
    spec = project.spec.model_copy(update={"network": preset_network("cnn-bn")})
    twins = train_twins(jobs, project, spec, "batch-normalization")
    heard.wait_until(lambda: twins.reduced.report() is not None)
    whole, reduced = (RunFolder.open(run.folder) for run in twins)
    assert [run.name for run in (whole, reduced)] == [
        "CNN with batch normalisation",
        "CNN with batch normalisation without batch normalisation",
    ]
    assert whole.info.twin == reduced.info.twin != ""
    assert (whole.info.without, reduced.info.without) == ("", "batch-normalization")
    assert whole.spec().training == reduced.spec().training
    assert whole.spec().training.watch_blocks
    assert whole.spec().data == reduced.spec().data
    assert whole.plan().network.parameters - reduced.plan().network.parameters == 3 * (300 + 3)
    started = [event.job for event in heard.events if isinstance(event, e.RunStarted)]
    assert started == [whole.id, reduced.id]


def test_twins_are_found_again_and_say_what_they_show(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    spec = project.spec.model_copy(update={"network": preset_network("cnn")})
    twins = train_twins(jobs, project, spec, "dropout", name="Mine")
    heard.wait_until(lambda: twins.reduced.report() is not None)
    jobs.train(project, a_spec(), a_plan())
    (found,) = find_twins(project)
    assert [run.name for run in found] == ["Mine", "Mine without dropout"]
    assert found.what == "dropout"
    assert found.findings() == ("The twins have not both been observed yet.",)
    for run in found:
        seen = e.BlockStatistics(mean=0.0, spread=1.0, dead=0.0, gradient=1.0, update=1e-3)
        run.record(e.BlocksObserved(step=1, epoch=1, blocks=(seen,) * 4))
    assert "nothing unusual" in find_twins(project)[0].findings()[0]


def test_nothing_is_trained_if_the_twin_cannot_be(jobs: Jobs, project: Project) -> None:
    network = NetworkSpec(blocks=(BlockSpec(kind="flatten"), BlockSpec(kind="dropout")))
    cases = (("lab.nothing", preset_network("linear")), ("plan.problem", network))
    for code, each in cases:
        spec = project.spec.model_copy(update={"network": each})
        with pytest.raises(UserError) as raised:
            train_twins(jobs, project, spec, "dropout")
        assert raised.value.code == code
    assert RunFolder.list(project) == []


def test_a_run_from_before_twins_still_opens(project: Project) -> None:
    run = RunFolder.create(project, a_spec(), a_plan())
    path = run.folder / "run.json"
    kept = json.loads(path.read_text("utf-8"))
    del kept["twin"], kept["without"]
    path.write_text(json.dumps(kept), "utf-8")
    assert RunFolder.open(run.folder).info.twin == ""
    assert find_twins(project) == []


def test_a_run_whose_twin_is_gone_is_no_pair(project: Project) -> None:
    RunFolder.create(project, a_spec(), a_plan(), twin="one", without="dropout")
    assert find_twins(project) == []
