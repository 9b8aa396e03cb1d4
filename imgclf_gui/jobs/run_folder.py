"""A run's folder: what was planned, what happened, and what came of it.

run.json       who it is: `RunInfo`
spec.json      the project's spec it was started with
plan.json      what the worker carries out
events.jsonl   everything it reported, appended; the run's state is the fold of it
report.json    the outcome in one file, once it is over
checkpoints/, model.keras, predictions-*   written by the worker
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from imgclf_gui import catalog
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.plan import Plan
from imgclf_gui.protocol import codec
from imgclf_gui.protocol.events import Event
from imgclf_gui.protocol.run_state import RunState, fold

LATEST = "latest"

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads what this app wrote, ten times as fast as `codec`, which reads what others send."""
_ModelT = TypeVar("_ModelT", bound=BaseModel)


class RunInfo(BaseModel):
    """Who a run is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    created_at: float = Field(ge=0, le=250e9)
    """Seconds since 1970; a moment that a calendar can name."""
    preset: str | None = None
    device: str = ""
    """As it was asked for: 'cpu', 'gpu:0'."""
    twin: str = ""
    """The same text in both runs of a pair for the lab; empty in a run of its own."""
    without: str = ""
    """What was taken out of this twin's network; empty in the one that has it."""


class RunFolder:
    """One run of a project. Who trains it holds its lock; reading needs none."""

    def __init__(self, folder: Path, info: RunInfo, error: ErrorReport | None = None) -> None:
        self.folder = folder
        self.info = info
        self.error = error
        """Why the folder cannot be used; None for a sound one."""
        # Held by the process, whichever of its threads took it.
        self._lock = FileLock(folder / ".lock", timeout=0, thread_local=False)

    @property
    def id(self) -> str:
        """'001' for the first: the folder's name, and the job's."""
        return self.info.id

    @property
    def name(self) -> str:
        """What the person calls it."""
        return self.info.name

    @classmethod
    def create(
        cls,
        project: Project,
        spec: ProjectSpec,
        plan: Plan,
        name: str = "",
        *,
        twin: str = "",
        without: str = "",
    ) -> Self:
        """A new run of `project`; without a `name` it is called like its network.

        `twin` and `without` are kept in its `RunInfo`.

        Raises:
            UserError: the folder cannot be written.
        """
        folder = _new_folder(project.runs_folder)
        info = RunInfo(
            id=folder.name,
            name=name.strip() or network_name(spec),
            created_at=time.time(),
            preset=spec.network.preset,
            device=catalog.load(spec.training.device, catalog.device_entries()).label(),
            twin=twin,
            without=without,
        )
        try:
            for file, model in (("spec", spec), ("plan", plan), ("run", info)):
                write_text_atomic(folder / f"{file}.json", model.model_dump_json(indent=2) + "\n")
        except UserError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return cls(folder, info)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The run in `folder`.

        Raises:
            UserError: `run.damaged`.
        """
        info = _read(folder / "run.json", RunInfo)
        if info.id != folder.name:
            info = info.model_copy(update={"id": folder.name})  # it was renamed or copied
        return cls(folder, info)

    @classmethod
    def list(cls, project: Project) -> Sequence[Self]:
        """Every run, the oldest first; a damaged one has its `error` set."""
        if not project.runs_folder.is_dir():
            return []
        folders = [path for path in project.runs_folder.iterdir() if path.is_dir()]
        return [cls._open_any(folder) for folder in sorted(folders, key=_order)]

    @classmethod
    def find(cls, project: Project, text: str) -> Self:
        """The run that a person calls `text`: its number, its name, or 'latest'.

        Raises:
            UserError: `run.missing`, `run.ambiguous`, `run.damaged`.
        """
        runs = cls.list(project)
        wanted = text.strip()
        found = [
            run for run in runs if wanted == run.id or wanted.lstrip("0") == run.id.lstrip("0")
        ]
        if not found and wanted == LATEST:
            found = [run for run in runs if run.error is None][-1:]
        found = found or [run for run in runs if run.name == wanted]
        if not found:
            raise UserError("run.missing", f"There is no run '{text}'.", _what_there_is(runs))
        if len(found) > 1:
            ids = ", ".join(run.id for run in found)
            raise UserError(
                "run.ambiguous",
                f"{len(found)} runs are called '{text}': {ids}.",
                "Say which by its number.",
            )
        if found[0].error is not None:
            raise UserError.from_report(found[0].error)
        return found[0]

    def spec(self) -> ProjectSpec:
        """What the person intended.

        Raises:
            UserError: `run.damaged`.
        """
        return _read(self.folder / "spec.json", ProjectSpec)

    def plan(self) -> Plan:
        """What is carried out.

        Raises:
            UserError: `run.damaged`.
        """
        return _read(self.folder / "plan.json", Plan)

    def events(self) -> Iterator[Event]:
        """What was reported; a line cut short by a crash is left out."""
        path = self.folder / "events.jsonl"
        if not path.exists():
            return
        with path.open("rb") as stream:
            while line := stream.readline(codec.MAX_LINE_BYTES + 1):
                with contextlib.suppress(ValidationError):
                    yield _EVENT.validate_json(line)

    def state(self) -> RunState:
        """Where the run stands; 'interrupted' where nobody has it in hand any more."""
        state = fold(self.events())
        if state.active and not self.held:
            state.interrupt()
        return state

    def record(self, event: Event) -> None:
        """Append `event`.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        path = self.folder / "events.jsonl"
        try:
            with path.open("ab+") as stream:
                stream.write(_missing_newline(stream) + codec.encode(event))
        except OSError as error:
            raise write_error(path, error) from error

    def report(self) -> dict[str, Any] | None:
        """The outcome, as `write_report` left it; None while there is none."""
        try:
            report: dict[str, Any] = json.loads((self.folder / "report.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return report

    def write_report(self, report: dict[str, Any]) -> None:
        """Keep the outcome.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        text = json.dumps(report, indent=2, allow_nan=False) + "\n"
        write_text_atomic(self.folder / "report.json", text)

    @property
    def held(self) -> bool:
        """Whether a living process has the run in hand."""
        if self._lock.is_locked:
            return True
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False  # nobody can lock what cannot be written

    def hold(self) -> None:
        """Take the run in hand until `let_go`, or until this process ends.

        Raises:
            UserError: `run.busy`, `file.write`.
        """
        busy = UserError(
            "run.busy",
            f"Run {self.id} is being trained already.",
            "Wait for its end, or stop it there.",
        )
        if self._lock.is_locked:
            raise busy
        try:
            self._lock.acquire(timeout=1)  # longer than another process needs to look
        except Timeout as error:
            raise busy from error
        except OSError as error:
            raise write_error(self.folder / ".lock", error) from error

    def let_go(self) -> None:
        """Let others take the run in hand."""
        self._lock.release()

    @classmethod
    def _open_any(cls, folder: Path) -> Self:
        try:
            return cls.open(folder)
        except UserError as error:
            info = RunInfo(id=folder.name, name=folder.name, created_at=0)
            return cls(folder, info, error.report)


def _new_folder(runs: Path) -> Path:
    """runs/001, or the next number; mkdir decides between two who want the same."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        number = 1 + max((_order(path)[0] for path in runs.iterdir()), default=0)
        while True:
            folder = runs / f"{number:03}"
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                return folder
            number += 1
    except OSError as error:
        raise write_error(runs, error) from error


def _order(folder: Path) -> tuple[int, str]:
    number = re.fullmatch(r"\d{1,9}", folder.name)
    return (int(number.group()) if number else 0, folder.name)


def network_name(spec: ProjectSpec) -> str:
    """What a run is called unless the person says otherwise: as the preset of its network."""
    preset = catalog.preset_entries().get(spec.network.preset or "")
    return preset.title if preset else "Own network"


def _read(path: Path, model: type[_ModelT]) -> _ModelT:
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UserError(
            "run.damaged",
            f"Run {path.parent.name} cannot be used: its {path.name} is missing or damaged.",
            "Its other files are as they were. Train again, or delete the folder.",
            f"{path}: {error}",
        ) from error


def _missing_newline(stream: IO[bytes]) -> bytes:
    """What separates a new line from one that a crash cut short."""
    if stream.tell() == 0:
        return b""
    stream.seek(-1, 2)
    return b"" if stream.read(1) == b"\n" else b"\n"


def _what_there_is(runs: Sequence[RunFolder]) -> str:
    if not runs:
        return "This project has no runs yet: train one first."
    named = ", ".join(f"{run.id} ({run.name})" for run in runs[-20:])
    return f"There is: {named}; 'latest' is the newest."
