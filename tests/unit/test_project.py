"""The project folder: made, opened, saved, locked; and what a person reads when that fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec

HOLD_LOCK = """
import sys
from pathlib import Path
from imgclf_gui.core.project import Project
project = Project.open(Path(sys.argv[1]))
project.lock()
print("locked", flush=True)
sys.stdin.read()
"""


def _write(folder: Path, raw: Any) -> None:
    (folder / "project.json").write_text(raw if isinstance(raw, str) else json.dumps(raw))


def _refusal(folder: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        Project.open(folder)
    return caught.value


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "Leaves")


def test_a_new_project_is_named_like_its_folder(project: Project) -> None:
    assert project.spec.name == "Leaves"
    assert Project.open(project.folder).spec == project.spec


def test_a_folder_name_of_strange_bytes_still_makes_a_name(tmp_path: Path) -> None:
    project = Project.create(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")))
    assert project.spec.name == "caf\N{REPLACEMENT CHARACTER}"
    assert Project.open(project.folder).spec == project.spec


def test_an_empty_folder_may_become_a_project_and_a_full_one_not(tmp_path: Path) -> None:
    Project.create(tmp_path)
    with pytest.raises(UserError) as caught:
        Project.create(tmp_path)
    assert caught.value.code == "project.exists"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "project", tmp_path / ("n" * 300)):
        with pytest.raises(UserError) as caught:
            Project.create(folder)
        assert caught.value.code == "project.folder"


def test_a_saved_edit_is_there_when_opened_again(project: Project) -> None:
    edited = project.spec.model_copy(update={"name": "Blätter"})
    project.save(edited)
    assert project.spec == edited
    assert Project.open(project.folder).spec == edited


def test_a_save_that_fails_keeps_the_spec_that_is_on_disk(project: Project) -> None:
    before = project.spec
    (project.folder / "project.json").unlink()
    (project.folder / "project.json").mkdir()
    with pytest.raises(UserError) as caught:
        project.save(before.model_copy(update={"name": "other"}))
    assert caught.value.code == "file.write"
    assert project.spec == before


def test_an_unknown_kind_survives_opening_and_saving(project: Project) -> None:
    foreign = BlockSpec(kind="quantum-convolution", qubits=7, phases=[0.5, {"deep": None}])
    project.save(project.spec.model_copy(update={"network": NetworkSpec(blocks=(foreign,))}))
    again = Project.open(project.folder)
    again.save()
    assert Project.open(project.folder).spec.network.blocks == (foreign,)


@pytest.mark.parametrize("place", ["nothing", "an empty folder", "a file"])
def test_what_is_no_project_is_said_to_be_none(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "place"
    if place == "an empty folder":
        folder.mkdir()
    elif place == "a file":
        folder.write_text("text")
    assert _refusal(folder).code == "project.missing"


def _nested_blocks(deep: int) -> str:
    """A spec with as many groups in one another, which could be read and not be written."""
    inside = '{"kind": "group", "blocks": [' * deep + '{"kind": "flatten"}' + "]}" * deep
    return f'{{"schema_version": 1, "network": {{"blocks": [{inside}]}}}}'


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        "null",
        '{"name": "no version"}',
        '{"schema_version": "1"}',
        '{"schema_version": 0}',
        '{"schema_version": -3}',
        '{"schema_version": 1, "unknown": true}',
        '{"schema_version": 1, "training": {"epochs": 0}}',
        '{"schema_version": 1, "training": {"learning_rate": NaN}}',
        '{"schema_version": 1, "network": {"blocks": [{"kind": "dense", "note": "\\ud800"}]}}',
        '{"schema_version": 1, "network": ' + "[" * 100_000,
        _nested_blocks(130),
    ],
)
def test_a_damaged_file_is_named_and_left_alone(project: Project, raw: str) -> None:
    _write(project.folder, raw)
    error = _refusal(project.folder)
    assert error.code == "project.damaged"
    assert "project.json" in error.report.message
    assert (project.folder / "project.json").read_text() == raw


def test_bytes_that_are_no_text_are_damage(project: Project) -> None:
    (project.folder / "project.json").write_bytes(b"\xff\xfe\x00")
    assert _refusal(project.folder).code == "project.damaged"


def test_a_newer_project_asks_for_an_update(project: Project) -> None:
    _write(project.folder, {"schema_version": 99, "from": "the future"})
    error = _refusal(project.folder)
    assert error.code == "project.newer"
    assert "99" in error.report.message
    assert "Update" in error.report.hint


def test_one_process_locks_out_another_until_it_ends(project: Project) -> None:
    command = [sys.executable, "-c", HOLD_LOCK, str(project.folder)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(UserError) as caught:
            project.lock()
        assert Project.open(project.folder).spec == project.spec
        other.kill()
    assert caught.value.code == "project.locked"
    assert "Leaves" in caught.value.report.message
    project.lock()
    project.unlock()


def test_a_lock_that_cannot_be_taken_is_an_error_to_read(project: Project) -> None:
    (project.folder / ".lock").mkdir()
    with pytest.raises(UserError) as caught:
        project.lock()
    assert caught.value.code == "file.write"


def test_everything_lies_in_the_folder(project: Project) -> None:
    places = (
        project.dataset_path,
        project.images_folder,
        project.cache_folder,
        project.runs_folder,
    )
    assert len(set(places)) == 4
    assert all(place.parent == project.folder for place in places)


def test_the_default_spec_is_valid_as_it_stands() -> None:
    spec = ProjectSpec()
    assert ProjectSpec.model_validate_json(spec.model_dump_json()) == spec
