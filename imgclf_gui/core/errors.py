"""Errors that a person reads: what happened, and what to do."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict


class ErrorReport(BaseModel):
    """A `UserError` as data, for crossing a process boundary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    message: str
    hint: str = ""
    details: str = ""

    def sentence(self) -> str:
        """The message and the hint as one text."""
        return f"{self.message} {self.hint}".strip()


class UserError(Exception):
    """Something went wrong that a person can understand and mend.

    `code` is a stable, dotted name for tests and scripts (`import.unreadable`), `message` says
    what was received and why it does not work, `hint` what to do, `details` is for a bug report.
    """

    def __init__(self, code: str, message: str, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.report = ErrorReport(code=code, message=message, hint=hint, details=details)

    @property
    def code(self) -> str:
        """The stable name of the error."""
        return self.report.code

    @classmethod
    def from_report(cls, report: ErrorReport) -> Self:
        """The exception that `report` describes."""
        return cls(report.code, report.message, report.hint, report.details)

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str, str]]:
        report = self.report
        return type(self), (report.code, report.message, report.hint, report.details)
