"""Custom models of this machine: what jobs lends to the offline twin of AutoML.

Each candidate is a run of the project, trained by the same workers as any other.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from imgclf_gui.core.automl import Guess, LabelledImage, Names, Order
from imgclf_gui.core.automl_metrics import ImageOutcome, Metrics, measured
from imgclf_gui.core.automl_rows import DatasetRow, RowForm, rows_text
from imgclf_gui.core.cloud import Cancel, Progress
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import Split
from imgclf_gui.jobs.answers import Asked
from imgclf_gui.jobs.automl_order import labelled_images
from imgclf_gui.jobs.automl_search import STOP_FILE, Search, SearchState, Trainer
from imgclf_gui.jobs.automl_trainer import RunTrainer
from imgclf_gui.jobs.endings import Role
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.jobs.waiting import Heard
from imgclf_gui.protocol.events import Prediction

ROW_FILES: Mapping[str, RowForm] = {"import.csv": "vertex-csv", "import.jsonl": "jsonl"}
"""What Vertex AI would get, with paths from the custom model's folder in place of addresses."""
MOST_LABELS = 1_000
"""That an answer names."""
KERAS_FILE = "model.keras"
LABELS_FILE = "labels.txt"


class LocalHere:
    """`core.automl.Here` for one project, with the workers of `jobs`."""

    def __init__(self, project: Project, jobs: Callable[[], Jobs]) -> None:
        """`jobs` is asked for workers when they are needed."""
        self._project = project
        self._jobs = jobs

    def dataset(self, folder: Path, order: Order) -> None:
        """Write the files that name the images.

        Raises:
            UserError: `automl.dataset_changed`, `file.full`, `file.write`.
        """
        self._refuse_changes(order)
        start = Path(os.path.relpath(self._project.images_folder, folder)).as_posix()
        images, _ = labelled_images(self._project)
        rows = [
            DatasetRow(f"{start}/{_path(self._project, it)}", it.labels, it.split) for it in images
        ]
        for name, form in ROW_FILES.items():
            write_text_atomic(folder / name, rows_text(rows, form))

    def train(
        self, folder: Path, order: Order, tell: Callable[[Progress], None], cancel: Cancel
    ) -> Names:
        """Search within the budget; goes on with a search that was interrupted.

        Raises:
            UserError: `cloud.cancelled`, `automl.…`, or what the trainings failed with.
        """
        state = self._state(folder, order)
        if not state.over:
            self._refuse_changes(order)
            ended = (folder / STOP_FILE).exists
            trainer = self._trainer(order, cancel, ended)
            state = Search(
                state,
                trainer,
                lambda state: state.write(folder),
                ended=ended,
                told=lambda state, words: tell(progress(state, words)),
            ).run()
        return _names(state)

    def reached(self, folder: Path, order: Order) -> Progress | Names:
        """How far the search is by what is kept.

        Raises:
            UserError: `automl.damaged`.
        """
        state = self._state(folder, order)
        return _names(state) if state.over else progress(state, "")

    def measure(self, folder: Path, order: Order, cancel: Cancel) -> Metrics:
        """The best run on the test images, once it is measured as other runs are.

        Raises:
            UserError: `automl.dataset_changed` (it may have been trained on what are test images
                now), `cloud.cancelled`, `automl.model`, or what the worker failed with.
        """
        self._refuse_changes(order)
        run, jobs = self._model(folder), self._jobs()
        splits: tuple[Split, ...] = ("validation", "test")  # what is ordered has images in both
        for split in splits:
            if split not in run.state().evaluations:
                heard = Heard(jobs, cancel)
                heard.final(jobs.evaluate(self._project, run, split, on_event=heard.take))
        images = [it for it in labelled_images(self._project)[0] if it.split == "test"]
        labels = order.labels
        asked = Asked(jobs, run, cancel, _free_role(jobs))
        answers = asked.about_files([it.file for it in images], _top(labels))
        outcomes = [
            _outcome(_path(self._project, image), image, answer, labels)
            for image, answer in zip(images, answers, strict=True)
        ]
        return measured(outcomes, labels, "test", order.images)

    def predict(
        self, folder: Path, images: Sequence[bytes], cancel: Cancel
    ) -> list[tuple[Guess, ...]]:
        """What the best run takes encoded `images` for; nothing where one cannot be read.

        Raises:
            UserError: `cloud.cancelled`, `automl.model`, or what the worker failed with.
        """
        run, jobs = self._model(folder), self._jobs()
        top = _top(run.plan().data.labels)
        asked = Asked(jobs, run, cancel, _free_role(jobs))
        return [_guesses(answer) for answer in asked.about(images, top)]

    def export(self, folder: Path, form: str) -> None:
        """Write the best run's Keras model, and the names of its classes, one a line.

        Raises:
            UserError: `automl.model`, `automl.export`, `file.full`, `file.write`.
        """
        run, target = self._model(folder), folder / "export" / form
        if not (run.folder / KERAS_FILE).is_file():
            raise UserError(
                "automl.export",
                f"Run {run.id}, the best of this model, was interrupted: it has no {KERAS_FILE}.",
                "Resume the run on the Training page; it can be stopped at once.",
            )
        try:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(run.folder / KERAS_FILE, target / KERAS_FILE)
        except OSError as error:
            raise write_error(target, error) from error
        labels = "".join(f"{label}\n" for label in run.plan().data.labels)
        write_text_atomic(target / LABELS_FILE, labels)

    def _trainer(self, order: Order, cancel: Cancel, ended: Callable[[], bool]) -> Trainer:
        return RunTrainer(self._jobs(), self._project, order.name, cancel, ended)

    def _state(self, folder: Path, order: Order) -> SearchState:
        """What is kept, or a new search; the budget is in minutes."""
        return SearchState.read(folder) or SearchState(budget=order.budget * 60)

    def _refuse_changes(self, order: Order) -> None:
        if labelled_images(self._project)[1] != order.fingerprint:
            raise UserError(
                "automl.dataset_changed",
                "Images, classes or splits have changed since this model was ordered.",
                "Order a new one.",
            )

    def _model(self, folder: Path) -> RunFolder:
        kept = SearchState.read(folder)
        best = kept.best if kept is not None else None
        if best is None:
            raise UserError(
                "automl.model", "This custom model is not trained yet.", "Train it first."
            )
        return RunFolder.open(self._project.runs_folder / best.run)


def _free_role(jobs: Jobs) -> Role:
    """Of a worker that has TensorFlow already, and nothing long to do."""
    return "train" if jobs.training is None else "predict"


def progress(state: SearchState, words: str) -> Progress:
    """Where a search is, for people: seconds of its budget, and what is best so far."""
    best = state.best
    so_far = f"best so far {100 * best.score[0]:.1f} %" if best is not None else ""
    return Progress(
        done=int(state.used),
        total=int(state.budget),
        bytes_done=0,
        bytes_total=0,
        seconds_left=state.left,
        words="; ".join(filter(None, (words, so_far))),
    )


def _names(state: SearchState) -> Names:
    """What the journal keeps of a search that is over: its runs."""
    best = state.best
    runs = [trial.run for trial in state.trials if trial.run]
    return {"model": best.run if best is not None else "", "runs": ",".join(runs)}


def _top(labels: Sequence[str]) -> int:
    return min(MOST_LABELS, len(labels))


def _path(project: Project, image: LabelledImage) -> str:
    """In the project's images folder."""
    return image.file.relative_to(project.images_folder).as_posix()


def _outcome(
    path: str, image: LabelledImage, answer: Prediction, labels: Sequence[str]
) -> ImageOutcome:
    if answer.error:
        raise UserError(
            "image.unreadable", f"{image.name}: {answer.error}", "Import the image again."
        )
    scores = dict(zip(answer.labels, answer.probabilities, strict=True))
    return ImageOutcome(
        image=path,
        label=image.labels[0],
        scores=tuple(scores.get(label, 0.0) for label in labels),
    )


def _guesses(answer: Prediction) -> tuple[Guess, ...]:
    pairs = zip(answer.labels, answer.probabilities, strict=True)
    return tuple(Guess(label, score) for label, score in pairs)
