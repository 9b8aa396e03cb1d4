"""The files with which AutoML names images: read, written, and refused row by row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imgclf_gui.catalog import source_for
from imgclf_gui.core.automl import RowProblem
from imgclf_gui.core.automl_rows import (
    ROW_FORMS,
    DatasetRow,
    RowForm,
    read_rows,
    rows_text,
)
from imgclf_gui.core.entry import SourceImage, SourceProblem
from imgclf_gui.core.errors import UserError

GS = "gs://bucket/flowers"


def rows(tmp_path: Path, text: str, name: str = "rows.csv") -> list[DatasetRow | RowProblem]:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return list(read_rows(path))


def reasons(found: list[DatasetRow | RowProblem]) -> list[str]:
    return [row.sentence() for row in found if isinstance(row, RowProblem)]


def test_automl_visions_rows_are_read_in_capitals_or_not(tmp_path: Path) -> None:
    text = (
        f"TRAIN,{GS}/1.jpg,daisy\nvalidation,{GS}/2.jpg,tulip\n\nTest,{GS}/3.jpg,daisy,yellow\n"
        f"UNASSIGNED,{GS}/4.jpg,tulip\n,{GS}/5.jpg,tulip\n"
    )
    assert rows(tmp_path, text) == [
        DatasetRow(f"{GS}/1.jpg", ("daisy",), "train", 1),
        DatasetRow(f"{GS}/2.jpg", ("tulip",), "validation", 2),
        DatasetRow(f"{GS}/3.jpg", ("daisy", "yellow"), "test", 4),
        DatasetRow(f"{GS}/4.jpg", ("tulip",), None, 5),
        DatasetRow(f"{GS}/5.jpg", ("tulip",), None, 6),
    ]


def test_vertex_ais_rows_and_the_courses_are_read(tmp_path: Path) -> None:
    text = f"training,{GS}/1.jpg,daisy\n{GS}/2.jpg,tulip\n"
    assert rows(tmp_path, text) == [
        DatasetRow(f"{GS}/1.jpg", ("daisy",), "train", 1),
        DatasetRow(f"{GS}/2.jpg", ("tulip",), None, 2),
    ]


def test_bad_rows_are_refused_by_line_and_the_others_go_on(tmp_path: Path) -> None:
    text = (
        f"TRIAN,{GS}/1.jpg,daisy\nTRAIN,{GS}/2.jpg\nTRAIN,,daisy\nTRAIN,{GS}/3.jpg,{'x' * 129}\n"
        f"TRAIN,{GS}/4.jpg,daisy\nTEST,{GS}/4.jpg,tulip\n"
    )
    found = rows(tmp_path, text)
    assert [row.uri for row in found if isinstance(row, DatasetRow)] == [f"{GS}/4.jpg"]
    assert reasons(found) == [
        "line 1 has 'TRIAN' as split; write training, validation, test or nothing",
        "line 2 has no label",
        "line 3 has no path",
        "line 4 has a label of 129 characters; write at most 128",
        f"line 6 names {GS}/4.jpg again, as line 5 does",
    ]


def test_json_lines_are_read_with_keys_in_any_case(tmp_path: Path) -> None:
    lines = [
        {
            "imageGcsUri": f"{GS}/1.jpg",
            "classificationAnnotation": {"displayName": "daisy"},
            "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": "TRAINING"},
        },
        {"imagegcsuri": f"{GS}/2.jpg", "classificationannotation": {"displayname": "tulip"}},
        {
            "image_gcs_uri": f"{GS}/3.jpg",
            "classificationAnnotations": [{"displayName": "daisy"}, {"displayName": "tulip"}],
        },
    ]
    assert rows(tmp_path, "\n".join(map(json.dumps, lines)), "rows.jsonl") == [
        DatasetRow(f"{GS}/1.jpg", ("daisy",), "train", 1),
        DatasetRow(f"{GS}/2.jpg", ("tulip",), None, 2),
        DatasetRow(f"{GS}/3.jpg", ("daisy", "tulip"), None, 3),
    ]


def test_bad_json_lines_are_refused_by_line(tmp_path: Path) -> None:
    uri = f'"imageGcsUri": "{GS}/1.jpg"'
    use = '"dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": "some"}'
    lines = ["{", "[]", "{}"] + ["{" + rest + "}" for rest in (
        uri,
        uri + ', "classificationAnnotation": {"displayName": 3}',
        uri + ', "classificationAnnotation": {"displayName": "a"}, ' + use,
        uri + ', "imageGcsUri": ""',
    )]  # fmt: skip
    text = "\n".join(lines)
    found = reasons(rows(tmp_path, text, "rows.jsonl"))
    assert found[0].startswith("line 1 is no JSON: ")
    assert found[1:6] == [
        "line 2 is no JSON object",
        "line 3 has no imageGcsUri",
        "line 4 has no label",
        "line 5 has a label without a name",
        "line 6 has 'some' as split; write training, validation, test or nothing",
    ]
    assert found[6] == "line 7 is no JSON: the key 'imageGcsUri' stands twice"


@pytest.mark.parametrize("form", ROW_FORMS)
def test_what_is_written_is_read_as_it_was(tmp_path: Path, form: RowForm) -> None:
    there = [
        DatasetRow(f"{GS}/1.jpg", ("a, b",), "train", 1),
        DatasetRow(f"{GS}/2.jpg", ("Größe", 'in "quotes"'), "validation", 2),
        DatasetRow(f"{GS}/3.jpg", ("c",), "test", 3),
        DatasetRow(f"{GS}/4.jpg", ("c",), None, 4),
    ]
    name = "rows.jsonl" if form == "jsonl" else "rows.csv"
    found = rows(tmp_path, rows_text(there, form), name)
    without = [DatasetRow(row.uri, row.labels, None, row.line) for row in there]
    assert found == (without if form == "course-csv" else there)


def test_each_form_is_written_as_its_service_wants_it() -> None:
    row = [DatasetRow(f"{GS}/1.jpg", ("daisy",), "train")]
    assert rows_text(row, "legacy-csv") == f"TRAIN,{GS}/1.jpg,daisy\n"
    assert rows_text(row, "vertex-csv") == f"training,{GS}/1.jpg,daisy\n"
    assert rows_text(row, "course-csv") == f"{GS}/1.jpg,daisy\n"
    assert json.loads(rows_text(row, "jsonl")) == {
        "imageGcsUri": f"{GS}/1.jpg",
        "classificationAnnotation": {"displayName": "daisy"},
        "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": "training"},
    }


def listed(path: Path) -> tuple[list[SourceImage], list[SourceProblem]]:
    with source_for(path).open(path, lambda: False) as listing:
        items = list(listing.items)
    assert len(items) == listing.total
    images = [item for item in items if isinstance(item, SourceImage)]
    return images, [item for item in items if isinstance(item, SourceProblem)]


def test_json_lines_with_paths_are_imported(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"\x89PNG")
    path = tmp_path / "rows.jsonl"
    path.write_text(
        rows_text(
            [
                DatasetRow("1.png", ("daisy",), "test"),
                DatasetRow("gs://bucket/2.png", ("daisy",)),
                DatasetRow("3.png", ("daisy", "tulip")),
            ],
            "jsonl",
        )
    )
    images, problems = listed(path)
    assert images == [SourceImage("1.png", "daisy", "test", file=tmp_path / "1.png")]
    assert [problem.reason for problem in problems] == [
        "it is not on this computer; download it and write the path of its file",
        "line 3 has 2 labels (daisy, tulip); write one",
    ]


def test_a_csv_with_two_labels_in_a_row_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("TRAIN,1.png,daisy,tulip\nTRAIN,2.png,daisy\n")
    images, problems = listed(path)
    assert [image.name for image in images] == ["2.png"]
    assert [problem.reason for problem in problems] == [
        "line 1 has 2 labels (daisy, tulip); write one"
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"imageGcsUri": 3}\n', "First of all, line 1 has no imageGcsUri."),
        ('{"imageGcsUri": "\udcff"}\n', "First of all, line 1 is no JSON: byte 17 is not UTF-8."),
    ],
)
def test_json_lines_that_name_nothing_are_refused(tmp_path: Path, text: str, hint: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text, "utf-8", errors="surrogateescape")
    with pytest.raises(UserError) as refused, source_for(path).open(path, lambda: False):
        pass
    assert refused.value.code == "import.jsonl"
    assert refused.value.report.hint == hint
