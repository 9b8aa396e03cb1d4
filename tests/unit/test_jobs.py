"""Jobs with real worker processes that play their part: every ending is heard, none hangs."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.jobs import augmenting, worker_process
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.sorting import sort_images
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.protocol import commands, events
from tests.helpers.augmenting_parts import LONG
from tests.helpers.listener import Listener
from tests.helpers.plans import a_plan, a_spec

FORM = commands.ImageForm(width=4, height=4, channels=1, fit="pad")
FLIP = EntrySpec(kind="flip-horizontal")
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
def project(tmp_path: Path) -> Project:
    """A project."""
    return Project.create(tmp_path / "project")


def train(jobs: Jobs, project: Project, name: str = "") -> RunFolder:
    """Start a training of that name."""
    return jobs.train(project, a_spec(), a_plan(), name)


def over(run: RunFolder) -> bool:
    """Whether the run and its evaluations are done with."""
    return run.report() is not None and not RunFolder.open(run.folder).held


def test_a_training_is_recorded_measured_and_reported(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run = train(jobs, project)
    heard.wait_for(events.Evaluated, f"{run.id}:evaluate-test")
    heard.wait_until(lambda: over(run))
    state = RunFolder.open(run.folder).state()
    assert state.status == "completed"
    assert set(state.evaluations) == {"validation", "test"}
    report = run.report()
    assert report is not None
    assert report["evaluations"]["test"]["accuracy"] == 0.9
    assert report["evaluations"]["test"]["interval"] == [0.6, 0.98]
    assert report["best_epoch"]["epoch"] == 2
    assert report["plan"]["parameters"] == 145 * 3
    assert report["versions"]["tensorflow"] == "2"


def test_a_hurried_training_is_not_measured_and_over_when_its_end_is_heard(
    jobs: Jobs, project: Project
) -> None:
    mine = Listener()
    run = jobs.train(project, a_spec(), a_plan(), "hurried", hurried=True, on_event=mine)
    mine.wait_for(events.RunFinished, run.id)
    assert jobs.training is None and over(run)
    assert not run.state().evaluations and run.report() is not None
    evaluated = Listener()
    jobs.evaluate(project, run, "test", on_event=evaluated)
    evaluated.wait_for(events.Evaluated, f"{run.id}:evaluate-test")
    mine.wait_for(events.EpochEnded, run.id)
    assert set(run.state().evaluations) == {"test"}


def test_trainings_wait_for_their_turn(jobs: Jobs, heard: Listener, project: Project) -> None:
    runs = [train(jobs, project) for _ in range(3)]
    heard.wait_until(lambda: all(map(over, runs)))
    order = [event.job for event in heard.events if event.type in ("run_started", "evaluated")]
    assert [job[:3] for job in order] == ["001"] * 3 + ["002"] * 3 + ["003"] * 3


def test_a_training_pauses_goes_on_and_stops(jobs: Jobs, heard: Listener, project: Project) -> None:
    run = train(jobs, project, "long")
    heard.wait_for(events.CheckpointSaved)
    jobs.pause(run.id)
    heard.wait_for(events.RunPaused)
    jobs.go_on(run.id)
    heard.wait_for(events.RunContinued)
    jobs.stop(run.id)
    assert heard.wait_for(events.RunFinished, run.id).outcome == "stopped"
    heard.wait_until(lambda: over(run))
    assert RunFolder.open(run.folder).state().resumable


def test_a_training_that_waits_can_be_stopped(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    first, second = train(jobs, project, "long"), train(jobs, project)
    heard.wait_for(events.CheckpointSaved, first.id)
    jobs.stop(second.id)
    assert heard.wait_for(events.RunFinished, second.id).outcome == "stopped"
    jobs.stop(first.id)
    heard.wait_until(lambda: over(first))
    assert not heard.all(events.RunStarted, second.id)
    assert RunFolder.open(second.folder).state().status == "stopped"


def test_a_resumed_training_that_never_got_its_turn_is_as_it_was(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run = train(jobs, project, "long")
    heard.wait_for(events.CheckpointSaved, run.id)
    jobs.stop(run.id)
    heard.wait_until(lambda: over(run))
    other = train(jobs, project, "long")
    again = RunFolder.open(run.folder)
    jobs.resume(project, again)
    jobs.stop(run.id)
    jobs.stop(other.id)
    heard.wait_until(lambda: over(other))
    state = RunFolder.open(run.folder).state()
    assert (state.status, state.best_epoch, state.resumable) == ("stopped", 1, True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("killed", "most likely because memory ran out"),
        ("segfault", "crashed in one of its libraries (SIGSEGV)"),
        ("exit", "(exit status 3): the last word"),
        ("wordy", "(exit status 3): the last word"),
    ],
)
def test_a_worker_that_dies_fails_its_job_in_a_plain_sentence(
    jobs: Jobs, heard: Listener, project: Project, name: str, said: str
) -> None:
    run = train(jobs, project, name)
    error = heard.wait_for(events.JobFailed, run.id, seconds=5).error
    assert said in error.message
    assert "The best model and the last checkpoint are kept." in error.message
    heard.wait_until(lambda: over(run))
    state = RunFolder.open(run.folder).state()
    assert (state.status, state.resumable) == ("failed", True)


def test_after_a_death_the_run_resumes_in_a_fresh_worker(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run = train(jobs, project, "killed")
    heard.wait_for(events.JobFailed, run.id)
    heard.wait_until(lambda: over(run))
    jobs.resume(project, RunFolder.find(project, "latest"))
    heard.wait_for(events.Evaluated, f"{run.id}:evaluate-test")
    pids = {event.pid for event in heard.all(events.WorkerReady)}
    assert len(pids) == 2
    with pytest.raises(UserError, match="complete"):
        heard.wait_until(lambda: over(run))
        jobs.resume(project, run)


def test_a_worker_that_ignores_a_stop_is_ended(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run = train(jobs, project, "deaf")
    heard.wait_for(events.CheckpointSaved, run.id)
    pid = heard.wait_for(events.WorkerReady).pid
    jobs.stop(run.id)
    assert heard.wait_for(events.RunFinished, run.id, seconds=6).outcome == "stopped"
    heard.wait_until(lambda: over(run))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert RunFolder.open(run.folder).state().resumable


def test_a_worker_that_hangs_is_ended(
    jobs: Jobs, heard: Listener, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "SILENCE_SECONDS", 0.5)
    run = train(jobs, project, "deaf")
    error = heard.wait_for(events.JobFailed, run.id).error
    assert error.code == "worker.hung"


def test_nonsense_from_a_worker_is_a_warning(jobs: Jobs, heard: Listener, project: Project) -> None:
    run = train(jobs, project, "garbled")
    heard.wait_until(lambda: over(run))
    warnings = heard.all(events.Logged)
    assert [event.level for event in warnings] == ["warning", "warning"]
    assert RunFolder.open(run.folder).state().status == "completed"


def test_classifying_and_measuring_work_beside_a_training(
    jobs: Jobs, heard: Listener, project: Project, shapes: Path
) -> None:
    done = train(jobs, project)
    heard.wait_until(lambda: over(done))
    long = train(jobs, project, "long")
    heard.wait_for(events.CheckpointSaved, long.id)
    heard.wait_for(events.PredictorReady, jobs.load_predictor(done))
    image = shapes / "bars" / "000.png"
    classified = heard.wait_for(events.Classified, jobs.classify(done, [image]))
    assert classified.predictions[0].labels == ("a", "b")
    heard.wait_for(events.Evaluated, jobs.evaluate(project, done, "train"))
    heard.wait_until(lambda: "train" in (done.report() or {})["evaluations"])
    imported = heard.wait_for(events.ImportFinished, jobs.import_images(project, shapes))
    assert imported.imported == 60
    assert len({event.pid for event in heard.all(events.WorkerReady)}) == 3


def test_a_run_in_hand_is_not_trained_twice(jobs: Jobs, heard: Listener, project: Project) -> None:
    run = train(jobs, project, "long")
    heard.wait_for(events.CheckpointSaved, run.id)
    with pytest.raises(UserError) as refused:
        jobs.resume(project, RunFolder.open(run.folder))
    assert refused.value.code == "run.busy"


def test_closing_saves_what_runs_and_ends_every_worker(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run, waiting = train(jobs, project, "long"), train(jobs, project)
    pid = heard.wait_for(events.WorkerReady).pid
    heard.wait_for(events.CheckpointSaved)
    jobs.close()
    jobs.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not heard.all(events.JobFailed)
    assert RunFolder.open(run.folder).state().status == "stopped"
    assert RunFolder.open(waiting.folder).state().status == "interrupted"


def test_closing_between_two_evaluations_is_no_error_of_the_run(
    heard: Listener, project: Project
) -> None:
    closing: list[threading.Thread] = []

    def close_after_the_first(event: events.Event) -> None:
        if isinstance(event, events.Evaluated) and not closing:
            closing.append(threading.Thread(target=working.close))
            closing[0].start()
            closing[0].join(0.5)  # it waits for this thread, after it has closed the door

    working = Jobs(close_after_the_first, ACTOR)
    run = train(working, project)
    heard.wait_until(lambda: bool(closing) and not closing[0].is_alive())
    state = RunFolder.open(run.folder).state()
    assert state.error is None
    assert (state.status, set(state.evaluations)) == ("completed", {"validation"})


def test_a_worker_killed_from_outside_is_heard_of_within_five_seconds(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run = train(jobs, project, "long")
    pid = heard.wait_for(events.WorkerReady).pid
    heard.wait_for(events.CheckpointSaved)
    os.kill(pid, signal.SIGKILL)
    assert heard.wait_for(events.JobFailed, run.id, seconds=5).error.code == "worker.killed"


def test_a_sorting_whose_worker_is_killed_fails(
    jobs: Jobs, heard: Listener, tmp_path: Path
) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    job = sort_images(jobs, [folder], tmp_path / "sorted.json")
    pid = heard.wait_for(events.WorkerReady).pid
    heard.wait_for(events.SortingProgressed, job)
    os.kill(pid, signal.SIGKILL)
    assert heard.wait_for(events.JobFailed, job).error.code == "worker.killed"


def test_what_cannot_be_started_is_said(heard: Listener, project: Project) -> None:
    jobs = Jobs(heard, [str(project.folder / "nothing-here")])
    with pytest.raises(UserError, match="could not be started"):
        jobs.warm_up()
    run = train(jobs, project)
    assert heard.wait_for(events.JobFailed, run.id).error.code == "worker.start"
    jobs.close()


def test_the_worker_log_keeps_what_it_wrote_to_stderr(
    jobs: Jobs, heard: Listener, project: Project, own_folders: Path
) -> None:
    run = train(jobs, project, "exit")
    heard.wait_for(events.JobFailed, run.id)
    assert "the last word" in (own_folders / "cache" / "worker-train.log").read_text("utf-8")


def test_more_files_than_a_command_holds_are_refused(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run = train(jobs, project)
    heard.wait_until(lambda: over(run))
    many = [Path(f"/images/{number:090}.png") for number in range(12_000)]
    with pytest.raises(UserError) as refused:
        jobs.classify(run, many)
    assert refused.value.code == "use.images"
    with pytest.raises(UserError, match="12,000 files are too many"):
        sort_images(jobs, many, project.folder / "sorted.json")


def test_measuring_with_views_stands_beside_the_plain_measurement(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run = train(jobs, project)
    heard.wait_until(lambda: over(run))
    job = jobs.evaluate(project, run, "test", views=4)
    assert job == f"{run.id}:evaluate-test-views"
    assert heard.wait_for(events.Evaluated, job).views == 4
    heard.wait_until(lambda: "test" in (run.report() or {})["evaluations_with_views"])
    report = run.report()
    assert report is not None
    assert report["evaluations"]["test"]["views"] == 0
    assert report["evaluations_with_views"]["test"]["views"] == 4


def preview_beside(jobs: Jobs, project: Project) -> str:
    """A preview of one image."""
    return augmenting.preview(
        jobs,
        project,
        images=[1],
        form=FORM,
        variants=[()],
        draws=1,
        seed=0,
        output=project.folder / "preview.npy",
    )


def test_a_preview_does_not_wait_for_a_training_nor_for_copies(
    jobs: Jobs, heard: Listener, project: Project
) -> None:
    run = train(jobs, project, "long")
    folder = project.folder / "copies"
    copies = augmenting.write_copies(jobs, project, [FLIP], FORM, copies=LONG, folder=folder)
    heard.wait_for(events.CopiesProgressed, copies)
    first, second = (preview_beside(jobs, project) for _ in range(2))
    assert first != second
    heard.wait_for(events.AugmentationPreviewed, second)
    assert len({event.pid for event in heard.all(events.WorkerReady)}) == 3
    jobs.stop(copies)
    assert heard.wait_for(events.CopiesWritten, copies).stopped
    jobs.stop(run.id)
    heard.wait_until(lambda: over(run))


def test_who_records_a_job_hears_of_it_before_others_and_its_trouble_is_logged(
    jobs: Jobs, heard: Listener, tmp_path: Path
) -> None:
    recorded: list[str] = []

    def record(event: events.Event) -> None:
        assert event not in heard.events
        recorded.append(event.type)
        if isinstance(event, events.CopiesWritten):
            raise UserError("file.full", "There is no space left.")

    command = commands.WriteCopies(
        job="copies",
        project="p",
        steps=(FLIP,),
        form=FORM,
        copies=LONG,
        folder=str(tmp_path / "copies"),
    )
    jobs.submit("background", command, record)
    heard.wait_for(events.CopiesProgressed, "copies")
    jobs.stop("copies")
    heard.wait_for(events.CopiesWritten, "copies")
    assert (recorded[0], recorded[-1]) == ("copies_progressed", "copies_written")
    assert heard.wait_for(events.Logged, "copies").text == "There is no space left."
