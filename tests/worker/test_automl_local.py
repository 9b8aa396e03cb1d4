"""The offline twin of AutoML: a real search by a real worker, on tiny backbones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from imgclf_gui.catalog.providers.local_automl import LocalAutoML
from imgclf_gui.core.automl import AutoMLAccess, AutoMLSession, Operation, Order, Outcome
from imgclf_gui.core.automl_rows import DatasetRow, read_rows
from imgclf_gui.core.cloud import Account, Cancel, Progress
from imgclf_gui.core.dataset import Dataset
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs import automl_trainer
from imgclf_gui.jobs.automl_order import plan_model
from imgclf_gui.jobs.automl_search import SearchState
from imgclf_gui.jobs.local_automl import LocalHere
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import Jobs
from tests.helpers.live_worker import make_project
from tests.helpers.timing import hold
from tests.helpers.transfer import small_backbone

LEFT = 5.0
"""Seconds of the budget after the interruption."""


@dataclass
class Made:
    """A custom model, and how it came about."""

    project: Project
    folder: Path
    order: Order
    session: AutoMLSession
    outcome: Outcome
    interrupted: SearchState
    told: list[Progress]

    @property
    def state(self) -> SearchState:
        state = SearchState.read(self.folder)
        assert state is not None
        return state


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shapes: Path) -> Iterator[Made]:
    """Ordered, begun, cancelled in the second candidate, and gone on with."""
    folder = tmp_path_factory.mktemp("automl")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CACHE", "DATA"):
            patch.setenv(f"IMGCLF_{name}_DIR", str(folder / name.lower()))
        small = [small_backbone(name, seed) for seed, name in enumerate(("first", "second"))]
        patch.setattr(automl_trainer, "chosen_backbones", lambda *named: small)
        jobs = Jobs(lambda event: None)
        try:
            yield _made(folder, shapes, jobs)
        finally:
            jobs.close()


def _made(folder: Path, shapes: Path, jobs: Jobs) -> Made:
    project = make_project(folder / "project", shapes)
    planned = plan_model(project, LocalAutoML(), Account(), budget=60, name="Shapes")
    assert not planned.problems and not planned.quote.host and planned.quote.price_high == 0
    order, model = planned.order, project.folder / "automl" / "001"
    model.mkdir(parents=True)
    here = LocalHere(project, lambda: jobs)
    session = LocalAutoML().open(AutoMLAccess(model, Account(), here=here))
    told: list[Progress] = []
    cancel = Cancel()

    def tell(progress: Progress) -> None:
        told.append(progress)
        if "dense head" in progress.words:
            cancel.cancel()

    session.wait(Operation("dataset", "k", name="dataset"), order, {}, told.append, Cancel())
    operation = Operation("train", "k")
    operation = Operation("train", "k", name=session.begin(operation, order, {}))
    with pytest.raises(UserError) as cancelled:
        session.wait(operation, order, {}, tell, cancel)
    assert cancelled.value.code == "cloud.cancelled"
    interrupted = SearchState.read(model)
    assert interrupted is not None
    seen = session.look(operation, order, {})
    assert isinstance(seen, Progress) and 0 < seen.done < seen.total == 3_600
    hurried = interrupted.model_copy(update={"budget": interrupted.used + LEFT})
    hurried.write(model)
    outcome = session.wait(operation, order, {}, told.append, Cancel())
    return Made(project, model, order, session, outcome, hurried, told)


def test_it_goes_on_with_what_is_left_and_its_runs_are_runs_of_the_project(made: Made) -> None:
    before, after = made.interrupted, made.state
    assert [trial.over for trial in before.trials] == [True, False]
    assert after.over and before.used < after.used
    hold(after.used - after.budget, 4)  # the last one ends in order
    assert set(after.ranked) == {"first", "second"} and len(after.trials) >= 2
    ids = [trial.run for trial in after.trials]
    assert len(set(ids)) == len(ids) and ids[:2] == [trial.run for trial in before.trials]
    assert made.outcome.names["runs"].split(",") == ids
    runs = {run.id: run for run in RunFolder.list(made.project)}
    assert set(ids) == set(runs)
    assert runs[ids[1]].name.startswith("Shapes: Small ") and "dense head" in runs[ids[1]].name
    for trial in after.trials:
        epoch = runs[trial.run].state().best
        assert trial.accuracy is None or (epoch and epoch.validation_accuracy == trial.accuracy)
    best = after.best
    assert best is not None and made.outcome.names["model"] == best.run
    assert best.accuracy == max(trial.accuracy or 0 for trial in after.trials) > 0.5
    assert any("ranking of backbones" in progress.words for progress in made.told)
    assert "best so far" in made.told[-1].words


def test_the_dataset_is_written_as_vertex_would_get_it(made: Made) -> None:
    with Dataset.open(made.project.dataset_path) as dataset:
        images = dataset.images_split_by(made.project.spec.data)
    for name in ("import.csv", "import.jsonl"):
        rows = [row for row in read_rows(made.folder / name) if isinstance(row, DatasetRow)]
        assert [(row.labels, row.split) for row in rows] == [
            ((it.label,), it.split) for it in images
        ]
        files = [(made.folder / row.uri).resolve() for row in rows]
        assert files == [(made.project.images_folder / it.path).resolve() for it in images]
    first = json.loads((made.folder / "import.jsonl").read_text("utf-8").splitlines()[0])
    assert set(first) == {"imageGcsUri", "classificationAnnotation", "dataItemResourceLabels"}


def test_it_is_measured_on_test_images_that_nothing_was_chosen_by(made: Made) -> None:
    metrics = made.session.metrics(made.order, made.outcome.names)
    assert metrics.split == "test" and metrics.labels == made.order.labels
    assert metrics.counts == made.order.images and len(metrics.outcomes) == metrics.counts["test"]
    assert metrics.confusion is not None
    right = sum(metrics.confusion[place][place] for place in range(len(metrics.labels)))
    evaluated = RunFolder.find(made.project, made.outcome.names["model"]).state().evaluations
    assert evaluated["test"].accuracy == pytest.approx(right / metrics.counts["test"])
    assert evaluated["validation"].accuracy == pytest.approx(made.state.best.score[0])  # type: ignore[union-attr]
    assert all(sum(outcome.scores) == pytest.approx(1, abs=1e-4) for outcome in metrics.outcomes)
    others = [it for it in made.state.trials if it.run != made.outcome.names["model"]]
    for trial in others:
        assert not RunFolder.find(made.project, trial.run).state().evaluations


def test_it_answers_about_images_and_is_exported(made: Made, shapes: Path) -> None:
    some = next(shapes.rglob("*.png"))
    contents = [some.read_bytes(), b"no image"]
    answers = made.session.predict(made.order, made.outcome.names, contents, Cancel())
    assert {guess.label for guess in answers[0]} == set(made.order.labels) and answers[1] == ()
    scores = [guess.score for guess in answers[0]]
    assert scores == sorted(scores, reverse=True) and sum(scores) == pytest.approx(1, abs=1e-4)
    operation = Operation("export", "k", detail="keras")
    name = made.session.begin(operation, made.order, made.outcome.names)
    assert name == "export:keras"
    made.session.wait(operation, made.order, {}, made.told.append, Cancel())
    exported = made.folder / "export" / "keras"
    assert (exported / "model.keras").stat().st_size > 1_000
    whole = RunFolder.find(made.project, made.outcome.names["model"]).folder / "model.keras"
    aside = whole.rename(whole.with_name("aside.keras"))
    with pytest.raises(UserError) as interrupted:
        made.session.wait(operation, made.order, {}, made.told.append, Cancel())
    assert "was interrupted" in interrupted.value.report.message
    aside.rename(whole)
    assert (exported / "labels.txt").read_text("utf-8").split("\n")[:-1] == list(made.order.labels)


def test_what_is_over_is_not_done_again_and_a_changed_dataset_is_refused(made: Made) -> None:
    train = Operation("train", "k", name="train")
    again = made.session.wait(train, made.order, {}, made.told.append, Cancel())
    assert again == made.outcome == made.session.look(train, made.order, {})
    other = made.order.model_copy(update={"fingerprint": "of other images"})
    model = made.folder.with_name("002")
    model.mkdir()
    here = LocalHere(made.project, lambda: pytest.fail("no worker is needed"))
    session = LocalAutoML().open(AutoMLAccess(model, Account(), here=here))
    with pytest.raises(UserError) as changed:
        session.wait(train, other, {}, made.told.append, Cancel())
    assert changed.value.code == "automl.dataset_changed"
    asked = LocalAutoML().open(AutoMLAccess(made.folder, Account(), here=here))
    with pytest.raises(UserError) as measured:  # it may have learned what are test images now
        asked.metrics(other, {})
    assert measured.value.code == "automl.dataset_changed"
    with pytest.raises(UserError) as untrained:
        session.predict(made.order, {}, [b""], Cancel())
    assert untrained.value.code == "automl.model"
