"""UserError: what crosses a process boundary is what a person reads."""

from __future__ import annotations

import multiprocessing
import pickle

import pytest

from imgclf_gui.core.errors import ErrorReport, UserError

ERROR = UserError("import.unreadable", "cat.jpg is empty.", "Copy it again.", "0 bytes")


def _raise_error() -> None:
    raise ERROR


def test_a_report_makes_the_same_error_again() -> None:
    again = UserError.from_report(ERROR.report)
    assert again.report == ERROR.report
    assert again.code == "import.unreadable"
    assert str(again) == "cat.jpg is empty."


def test_a_report_survives_json() -> None:
    text = ERROR.report.model_dump_json()
    assert ErrorReport.model_validate_json(text) == ERROR.report


def test_an_error_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(ERROR)).report == ERROR.report  # noqa: S301 our own bytes


def test_an_error_arrives_whole_from_another_process() -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool, pytest.raises(UserError) as caught:
        pool.apply(_raise_error)
    assert caught.value.report == ERROR.report


@pytest.mark.parametrize(
    ("hint", "sentence"),
    [("Copy it again.", "cat.jpg is empty. Copy it again."), ("", "cat.jpg is empty.")],
)
def test_the_sentence_is_message_and_hint(hint: str, sentence: str) -> None:
    assert ErrorReport(code="a.b", message="cat.jpg is empty.", hint=hint).sentence() == sentence
