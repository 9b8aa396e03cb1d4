"""A run's folder keeps what happened, whatever happens to it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.protocol.events import JobFailed, RunFinished, RunStarted
from tests.helpers.actor_worker import CPU
from tests.helpers.plans import a_plan, a_spec


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A new project."""
    return Project.create(tmp_path / "project")


def a_run(project: Project, name: str = "") -> RunFolder:
    """A new run of the preset 'linear'."""
    return RunFolder.create(project, a_spec(), a_plan(), name)


def started(run: RunFolder) -> RunStarted:
    """The run's first event."""
    return RunStarted(job=run.id, device=CPU, epochs_total=2, steps_per_epoch=4)


def test_runs_are_numbered_and_called_like_their_network(project: Project) -> None:
    first, second = a_run(project), a_run(project, " mine ")
    assert [first.id, second.id] == ["001", "002"]
    assert [first.name, second.name] == ["Linear", "mine"]
    assert (first.spec(), first.plan()) == (a_spec(), a_plan())
    assert first.info.device == "cpu"


def test_runs_made_at_once_get_folders_of_their_own(project: Project) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(a_run(project).id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [f"{number:03}" for number in range(1, 9)]


def test_the_state_is_what_was_recorded(project: Project) -> None:
    run = a_run(project)
    run.record(started(run))
    run.record(RunFinished(job=run.id, outcome="completed", best_epoch=0, seconds=1))
    assert RunFolder.open(run.folder).state().status == "completed"


def test_a_run_that_nobody_has_in_hand_is_interrupted(project: Project) -> None:
    run = a_run(project)
    run.record(started(run))
    run.hold()
    assert RunFolder.open(run.folder).state().status == "running"
    for same in (run, RunFolder.open(run.folder)):
        with pytest.raises(UserError) as refused:
            same.hold()
        assert refused.value.code == "run.busy"
    run.let_go()
    assert RunFolder.open(run.folder).state().status == "interrupted"


def test_a_line_cut_short_is_left_out_and_the_next_one_is_whole(project: Project) -> None:
    run = a_run(project)
    run.record(started(run))
    with (run.folder / "events.jsonl").open("ab") as stream:
        stream.write(b'{"type":"run_fini')
    assert [event.type for event in run.events()] == ["run_started"]
    run.record(JobFailed(job=run.id, error=ErrorReport(code="a.b", message="It broke.")))
    assert [event.type for event in run.events()] == ["run_started", "job_failed"]


@pytest.mark.parametrize("text", ["{", '{"id": "002", "name": "x", "created_at": 1e300}'])
def test_a_damaged_run_is_listed_with_its_error(project: Project, text: str) -> None:
    sound, damaged = a_run(project), a_run(project)
    (damaged.folder / "run.json").write_text(text, "utf-8")
    listed = RunFolder.list(project)
    assert [run.id for run in listed] == [sound.id, damaged.id]
    assert [run.error and run.error.code for run in listed] == [None, "run.damaged"]
    with pytest.raises(UserError, match="002"):
        RunFolder.find(project, "2")


@pytest.mark.parametrize(
    ("text", "found"), [("001", "001"), ("2", "002"), ("mine", "002"), ("latest", "003")]
)
def test_a_run_is_found_as_a_person_calls_it(project: Project, text: str, found: str) -> None:
    for name in ("", "mine", ""):
        a_run(project, name)
    assert RunFolder.find(project, text).id == found


def test_what_cannot_be_found_is_said_with_what_there_is(project: Project) -> None:
    with pytest.raises(UserError) as none:
        RunFolder.find(project, "latest")
    assert none.value.code == "run.missing"
    assert "no runs yet" in none.value.report.hint
    a_run(project)
    a_run(project)
    with pytest.raises(UserError) as missing:
        RunFolder.find(project, "7")
    assert "001 (Linear), 002 (Linear)" in missing.value.report.hint
    with pytest.raises(UserError, match="001, 002") as ambiguous:
        RunFolder.find(project, "Linear")
    assert ambiguous.value.code == "run.ambiguous"
