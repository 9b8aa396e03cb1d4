"""What a model of this machine takes images for, for whoever may block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from imgclf_gui.core.cloud import Cancel
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs.endings import Role
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.jobs.waiting import Heard
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import path_text
from imgclf_gui.protocol.events import Classified, JobFailed, Prediction

PART = 1_000
"""Files a command: their names must fit into a line."""


class Asked:
    """A model of this machine: a run, or the built-in classifier of that id."""

    def __init__(
        self, jobs: Jobs, model: RunFolder | str, cancel: Cancel, role: Role = "predict"
    ) -> None:
        """`role` is the worker that answers."""
        self._jobs = jobs
        self._model = model
        self._cancel = cancel
        self._role = role

    def about_files(self, files: Sequence[Path], top: int) -> list[Prediction]:
        """The `top` classes of each of `files`, in their order; unreadable ones have an error.

        Raises:
            UserError: `cloud.cancelled`, `run.no_model`, `backbone.…`, or the worker failed.
        """
        parts = range(0, len(files), PART)
        return [it for start in parts for it in self._part(files[start : start + PART], top)]

    def about(self, contents: Sequence[bytes], top: int) -> list[Prediction]:
        """As `about_files`, of encoded images."""
        with TemporaryDirectory(prefix="imgclf-", ignore_cleanup_errors=True) as folder:
            files = [Path(folder) / f"{number:05}" for number in range(len(contents))]
            for file, content in zip(files, contents, strict=True):
                file.write_bytes(content)
            return self.about_files(files, top)

    def _part(self, files: Sequence[Path], top: int) -> list[Prediction]:
        model = self._model
        run = path_text(model.folder) if isinstance(model, RunFolder) else ""
        command = commands.ClassifyImages(
            job=self._jobs.new_job("answers"),
            run=run,
            backbone="" if run else str(model),
            images=tuple(map(path_text, files)),
            top=top,
        )
        heard = Heard(self._jobs, self._cancel)
        self._jobs.submit(self._role, command, heard.take)
        found: list[Prediction] = []
        for event in heard.until_over(command.job):
            match event:
                case Classified():
                    found += event.predictions
                case JobFailed():
                    raise UserError.from_report(event.error)
                case _:
                    pass
        if len(found) != len(files):
            raise UserError("answers.stopped", "Not every image was classified.", "Try again.")
        return found
