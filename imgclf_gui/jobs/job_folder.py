"""The folder of a job that is kept: who it is, what happened in it, and what came of it.

<kind>.json    who it is
plan.json      what the worker carries out
events.jsonl   everything it reported, appended; the job's state is the fold of it
report.json    the outcome in one file, once it is over
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Generic, Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.files import write_error, write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.protocol import codec
from imgclf_gui.protocol.events import Event

LATEST = "latest"

WORKER_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads what a worker reported."""


class JobInfo(BaseModel):
    """Who a job is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    created_at: float = Field(ge=0, le=250e9)
    """Seconds since 1970; a moment that a calendar can name."""


@dataclass(frozen=True)
class Words:
    """What a kind of jobs is called in codes, file names and messages."""

    one: str
    many: str
    busy: str
    """What is being done to one that is in hand: 'being trained'."""
    first: str
    """What to do where there is none: 'train one first'."""
    again: str
    """What to do where one is damaged: 'Train again'."""
    folder: str = ""
    """Where a project keeps them; '' if that is called like `many`."""


InfoT = TypeVar("InfoT", bound=JobInfo)
EventT = TypeVar("EventT", bound=BaseModel)
_ModelT = TypeVar("_ModelT", bound=BaseModel)


class JobFolder(Generic[InfoT, EventT]):
    """One job of a project. Who carries it out holds its lock; reading needs none."""

    words: ClassVar[Words]
    event_type: ClassVar[TypeAdapter[Any]]
    """Reads `EventT`. What this app wrote is read ten times as fast as by `codec`, which reads
    what others send."""
    info_type: ClassVar[type[JobInfo]]
    """`InfoT`, which a class variable cannot be declared to be."""

    def __init__(self, folder: Path, info: InfoT, error: ErrorReport | None = None) -> None:
        self.folder = folder
        self.info = info
        self.error = error
        """Why the folder cannot be used; None for a sound one."""
        # Held by the process, whichever of its threads took it.
        self._lock = FileLock(folder / ".lock", timeout=0, thread_local=False)

    @property
    def id(self) -> str:
        """'001' for the first: the folder's name."""
        return self.info.id

    @property
    def name(self) -> str:
        """What the person calls it."""
        return self.info.name

    @classmethod
    def all_in(cls, project: Project) -> Path:
        """Where the project keeps them."""
        return project.folder / (cls.words.folder or cls.words.many)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The one in `folder`.

        Raises:
            UserError: `<kind>.damaged`.
        """
        info = cls._read(folder / f"{cls.words.one}.json", cls.info_type)
        if info.id != folder.name:
            info = info.model_copy(update={"id": folder.name})  # it was renamed or copied
        return cls(folder, info)  # type: ignore[arg-type]

    @classmethod
    def list(cls, project: Project) -> Sequence[Self]:
        """Every one, the oldest first; a damaged one has its `error` set."""
        if not cls.all_in(project).is_dir():
            return []
        folders = [path for path in cls.all_in(project).iterdir() if path.is_dir()]
        return [cls._open_any(folder) for folder in sorted(folders, key=_order)]

    @classmethod
    def find(cls, project: Project, text: str) -> Self:
        """The one that a person calls `text`: its number, its name, or 'latest'.

        Raises:
            UserError: `<kind>.missing`, `<kind>.ambiguous`, `<kind>.damaged`.
        """
        one, many = cls.words.one, cls.words.many
        there = cls.list(project)
        found = _called(there, text.strip())
        if not found:
            raise UserError(f"{one}.missing", f"There is no {one} '{text}'.", cls._listed(there))
        if len(found) > 1:
            ids = ", ".join(each.id for each in found)
            raise UserError(
                f"{one}.ambiguous",
                f"{len(found)} {many} are called '{text}': {ids}.",
                "Say which by its number.",
            )
        if found[0].error is not None:
            raise UserError.from_report(found[0].error)
        return found[0]

    def events(self) -> Iterator[EventT]:
        """What was reported; a line cut short by a crash is left out."""
        path = self.folder / "events.jsonl"
        if not path.exists():
            return
        with path.open("rb") as stream:
            while line := stream.readline(codec.MAX_LINE_BYTES + 1):
                with contextlib.suppress(ValidationError):
                    yield self.event_type.validate_json(line)

    def record(self, event: EventT) -> None:
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
        """Whether a living process has it in hand."""
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
        """Take it in hand until `let_go`, or until this process ends.

        Raises:
            UserError: `<kind>.busy`, `file.write`.
        """
        one = self.words.one
        busy = UserError(
            f"{one}.busy",
            f"{one.capitalize()} {self.id} is {self.words.busy} already.",
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
        """Let others take it in hand."""
        self._lock.release()

    def delete(self) -> None:
        """Remove it and all that is known of it.

        Raises:
            UserError: `<kind>.busy`, `file.write`.
        """
        self.hold()
        self.let_go()
        try:
            shutil.rmtree(self.folder)
        except OSError as error:
            raise write_error(self.folder, error) from error

    @classmethod
    def _new_folder(cls, project: Project) -> Path:
        """The folder of the next number; mkdir decides between two who want the same."""
        parent = cls.all_in(project)
        try:
            parent.mkdir(parents=True, exist_ok=True)
            number = 1 + max((_order(path)[0] for path in parent.iterdir()), default=0)
            while True:
                folder = parent / f"{number:03}"
                with contextlib.suppress(FileExistsError):
                    folder.mkdir()
                    return folder
                number += 1
        except OSError as error:
            raise write_error(parent, error) from error

    @classmethod
    def _made(cls, folder: Path, info: InfoT, files: Mapping[str, BaseModel]) -> Self:
        """A new one in the new `folder`, with `files` by name; all of them, or no folder.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        models: dict[str, BaseModel] = {**files, cls.words.one: info}
        try:
            for name, model in models.items():
                write_text_atomic(folder / f"{name}.json", model.model_dump_json(indent=2) + "\n")
        except UserError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return cls(folder, info)

    @classmethod
    def _open_any(cls, folder: Path) -> Self:
        try:
            return cls.open(folder)
        except UserError as error:
            info = cls.info_type(id=folder.name, name=folder.name, created_at=0)
            return cls(folder, info, error.report)  # type: ignore[arg-type]

    @classmethod
    def _read(cls, path: Path, model: type[_ModelT]) -> _ModelT:
        try:
            return model.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            one, again = cls.words.one, cls.words.again
            raise UserError(
                f"{one}.damaged",
                f"{one.capitalize()} {path.parent.name} cannot be used: its {path.name} is "
                "missing or damaged.",
                f"Its other files are as they were. {again}, or delete the folder.",
                f"{path}: {error}",
            ) from error

    @classmethod
    def _listed(cls, there: Sequence[Self]) -> str:
        if not there:
            return f"This project has no {cls.words.many} yet: {cls.words.first}."
        named = ", ".join(f"{one.id} ({one.name})" for one in there[-20:])
        return f"There is: {named}; 'latest' is the newest."


FolderT = TypeVar("FolderT", bound="JobFolder[Any, Any]")


def _called(there: Sequence[FolderT], wanted: str) -> list[FolderT]:
    found = [one for one in there if wanted == one.id or wanted.lstrip("0") == one.id.lstrip("0")]
    if not found and wanted == LATEST:
        found = [one for one in there if one.error is None][-1:]
    return found or [one for one in there if one.name == wanted]


def _missing_newline(stream: IO[bytes]) -> bytes:
    """What separates a new line from one that a crash cut short."""
    if stream.tell() == 0:
        return b""
    stream.seek(-1, 2)
    return b"" if stream.read(1) == b"\n" else b"\n"


def _order(folder: Path) -> tuple[int, str]:
    number = re.fullmatch(r"\d{1,9}", folder.name)
    return (int(number.group()) if number else 0, folder.name)
