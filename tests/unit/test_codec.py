"""The line protocol: every message survives it, and nothing that arrives can crash a reader."""

from __future__ import annotations

import json
from typing import Annotated, Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.spec import DataSpec
from imgclf_gui.core.summary import ImageStatistics
from imgclf_gui.protocol.codec import (
    MAX_LINE_BYTES,
    MAX_NESTING,
    decode_command,
    decode_event,
    encode,
)
from imgclf_gui.protocol.commands import Command, ImageForm, StopJob
from imgclf_gui.protocol.events import (
    ChangedLabel,
    CheckedClass,
    Event,
    LabelsChecked,
    Logged,
    StepsEnded,
)
from tests.helpers.refusals import refusal
from tests.helpers.timing import within

COMMANDS: tuple[type[BaseModel], ...] = get_args(get_args(Command)[0])
EVENTS: tuple[type[BaseModel], ...] = get_args(get_args(Event)[0])

FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)

LOGGED = '{"type":"logged","job":"1","at":1,"text":%s}'


st.register_type_strategy(float, FINITE)  # messages carry no other
SIDE = st.none() | st.integers(1, 2048)  # hypothesis compares the bounds with None, too
st.register_type_strategy(DataSpec, st.builds(DataSpec, image_width=SIDE, image_height=SIDE))


def _messages(kind: type[BaseModel]) -> st.SearchStrategy[BaseModel]:
    """Any message of that kind, within the bounds of its fields."""
    kind.model_rebuild()  # a class that is named before it is there
    fields: dict[str, Any] = {
        name: st.from_type(Annotated[(field.annotation, "", *field.metadata)])  # type: ignore[arg-type]
        for name, field in kind.model_fields.items()
    }
    if not {"run", "backbone"} <= set(fields) or kind not in COMMANDS:
        return st.builds(kind, **fields)
    named = st.text(min_size=1)  # a command that asks a model names one
    return st.builds(kind, **{**fields, "run": named, "backbone": st.just("")}) | st.builds(
        kind, **{**fields, "run": st.just(""), "backbone": named}
    )


for nested in (ImageForm, ImageStatistics):
    st.register_type_strategy(nested, _messages(nested))


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
@settings(max_examples=20)
@given(st.data())
def test_every_command_comes_out_as_it_went_in(kind: type[BaseModel], data: st.DataObject) -> None:
    message = data.draw(_messages(kind))
    assert decode_command(encode(message)) == message


@pytest.mark.parametrize("model", ['"run":"/r","backbone":"b"', '"run":""', '"backbone":""'])
def test_a_command_that_asks_a_model_names_exactly_one(model: str) -> None:
    for line in (
        '{"type":"load_predictor","job":"1",%s}',
        '{"type":"classify_images","job":"1","images":[],%s}',
    ):
        with pytest.raises(UserError, match="does not know"):
            decode_command((line % model).encode())


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@settings(max_examples=20)
@given(st.data())
def test_every_event_comes_out_as_it_went_in(kind: type[BaseModel], data: st.DataObject) -> None:
    message = data.draw(_messages(kind))
    line = encode(message)
    assert decode_event(line) == message
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_a_name_that_is_no_text_does_not_keep_an_event_from_arriving() -> None:
    event = Logged(job="1", at=1, text="caf\udce9 and café")
    assert decode_event(encode(event)) == event.model_copy(update={"text": "caf? and café"})


def _decode_or_refuse(line: bytes) -> None:
    for decode in (decode_command, decode_event):
        try:
            decode(line)
        except UserError as error:
            assert error.code == "protocol.line"


@given(st.binary())
def test_any_bytes_are_a_message_or_an_error(line: bytes) -> None:
    _decode_or_refuse(line)


@given(JSON)
def test_any_json_is_a_message_or_an_error(value: Any) -> None:
    _decode_or_refuse(json.dumps(value).encode())


@given(st.sampled_from([kind.model_fields["type"].default for kind in COMMANDS + EVENTS]), JSON)
def test_any_fields_of_a_known_type_are_a_message_or_an_error(name: str, value: Any) -> None:
    fields = value if isinstance(value, dict) else {"job": value, "at": value, "step": value}
    _decode_or_refuse(json.dumps({**fields, "type": name}).encode())


@given(st.data())
def test_a_damaged_line_is_a_message_or_an_error(data: st.DataObject) -> None:
    line = bytearray(encode(data.draw(_messages(data.draw(st.sampled_from(EVENTS))))))
    for _ in range(data.draw(st.integers(1, 3))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    _decode_or_refuse(bytes(line))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"stop_job"',
        '{"job":"1"}',
        '{"type":"format_disk","job":"1"}',
        '{"type":"stop_job"}',
        '{"type":"stop_job","job":"1","job":"2"}',
        '{"type":"stop_job","job":"1","force":true}',
        '{"type":"stop_job","job":NaN}',
        '{"type":"stop_job","job":"\\ud800"}',
        '{"type":"stop_job","job":"1"} {"type":"stop_job","job":"2"}',
        '\ufeff{"type":"stop_job","job":"1"}',
        '{"type":"evaluate_run","job":"1","project":"p","run":"r","split":"all"}',
    ],
)
def test_a_command_that_is_not_quite_one_is_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        decode_command(text.encode())
    assert caught.value.code == "protocol.line"


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "1e999", "-1e999", "1" + "0" * 5000])
def test_figures_that_are_none_are_refused(figure: str) -> None:
    line = '{"type":"classify_finished","job":"1","images":1,"seconds":%s}' % figure  # noqa: UP031
    with pytest.raises(UserError):
        decode_event(line.encode())


@pytest.mark.parametrize(
    "value",
    [
        "[" * 100_000,
        "[" * 5_000 + "]" * 5_000,
        '{"a":' * 2_000 + "1" + "}" * 2_000,
        '["' + "]" * 5_000 + '",' + "[" * 5_000 + "]" * 5_000 + "]",
        '["]",' * 2_000 + "1" + "]" * 2_000,
        '["\\"]",' * 2_000 + "1" + "]" * 2_000,
    ],
    ids=["open", "lists", "objects", "brackets in a string", "in each level", "escaped"],
)
def test_deep_nesting_is_refused_before_it_is_read(value: str) -> None:
    with pytest.raises(UserError) as caught:
        decode_event((LOGGED % value).encode())
    assert "nested" in caught.value.report.message


def test_brackets_in_a_text_are_no_nesting() -> None:
    event = Logged(job="1", text='[{"' * MAX_NESTING + "\\")
    assert decode_event(encode(event)) == event


def test_a_line_that_is_too_long_is_neither_sent_nor_read() -> None:
    text = "x" * MAX_LINE_BYTES
    with pytest.raises(UserError):
        encode(Logged(text=text))
    with pytest.raises(UserError):
        decode_event((LOGGED % f'"{text}"').encode())


def test_a_long_hostile_line_is_refused_in_less_than_a_second() -> None:
    quotes = b'"' + b'\\"' * (MAX_LINE_BYTES // 2 - 10)
    brackets = b"[]" * (MAX_LINE_BYTES // 2 - 10)

    within(1, lambda: [refusal(decode_event, line) for line in (quotes, brackets)])


def test_a_figure_that_is_not_finite_is_never_sent() -> None:
    event = StepsEnded(
        step=1,
        epoch=1,
        loss=float("nan"),
        accuracy=0,
        learning_rate=0,
        images_per_second=0,
        seconds_left=0,
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(event)


def test_a_refusal_shows_what_came_and_only_its_beginning() -> None:
    with pytest.raises(UserError) as caught:
        decode_command(b"hello " * 1000)
    report: ErrorReport = caught.value.report
    assert "hello" in report.message
    assert len(report.message) < 300
    assert decode_command(encode(StopJob(job="1"))) == StopJob(job="1")


FORM = {"width": 8, "height": 8, "channels": 3, "fit": "pad"}
PREVIEW = {
    "type": "preview_augmentation", "job": "p", "project": "p", "images": [1], "form": FORM,
    "variants": [[{"kind": "rotation", "degrees": 9}]], "output": "p.npy",
}  # fmt: skip
CHECK = {
    "type": "check_labels", "job": "c", "project": "p", "run": "r", "steps": [], "output": "c.npy",
}  # fmt: skip
COPIES = {
    "type": "write_copies", "job": "w", "project": "p", "steps": [{"kind": "rotation"}],
    "form": FORM, "folder": "f",
}  # fmt: skip
EVALUATE = {"type": "evaluate_run", "job": "e", "project": "p", "run": "r", "split": "test"}


@pytest.mark.parametrize(
    ("command", "change"),
    [
        (PREVIEW, {"images": []}),
        (PREVIEW, {"images": list(range(101))}),
        (PREVIEW, {"variants": []}),
        (PREVIEW, {"draws": 0}),
        (PREVIEW, {"seed": -1}),
        (PREVIEW, {"form": {**FORM, "width": 2049}}),
        (PREVIEW, {"form": {**FORM, "channels": 4}}),
        (CHECK, {"draws": 65}),
        (CHECK, {"worst": 101}),
        (COPIES, {"steps": []}),
        (COPIES, {"copies": 1001}),
        (EVALUATE, {"views": 65}),
    ],
)
def test_what_augmentation_asks_for_has_bounds(
    command: dict[str, Any], change: dict[str, Any]
) -> None:
    assert decode_command(json.dumps(command).encode()).job == command["job"]
    with pytest.raises(UserError):
        decode_command(json.dumps({**command, **change}).encode())


def test_a_label_check_of_a_thousand_classes_fits_into_a_line() -> None:
    label = "Überlange Bezeichnung einer Klasse №".ljust(60, "é")
    share = 1 / 3
    classes = [
        CheckedClass(label=label, copies=400, changed=133, interval=(share, share), images=100)
    ] * 1_000
    worst = [
        ChangedLabel(
            image=123456, label=label, before=label, after=label,
            probability_before=share, probability_after=share,
        )
    ] * 100  # fmt: skip
    checked = LabelsChecked(
        run="run", split="validation", images=100_000, draws=64, changed=share,
        interval=(share, share), accuracy_before=share, accuracy_after=share,
        classes=tuple(classes), worst=tuple(worst), file="worst.npy",
    )  # fmt: skip
    assert decode_event(encode(checked)) == checked
