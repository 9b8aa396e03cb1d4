"""Sorted images without a worker: proposed names, the file of them, the table to import."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from imgclf_gui import catalog
from imgclf_gui.cli.main import main
from imgclf_gui.core.entry import SourceImage
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs.sorting import new_output, write_table
from imgclf_gui.protocol.sorting import (
    LOOKED_AT,
    SortedGroup,
    Sorting,
    features_path,
    proposed_names,
    read_sorting,
    write_sorting,
)


def test_a_group_is_called_what_a_third_of_its_typical_images_show() -> None:
    assert proposed_names([["Egyptian cat", "tabby", "lynx"]]) == ["Egyptian cat"]
    assert proposed_names([["tabby", "lynx", "lynx"], ["missile", "a", "b", "c"]]) == [
        "Lynx",
        "Group 2",
    ]


def test_images_that_are_not_typical_name_nothing() -> None:
    assert proposed_names([["espresso"] * LOOKED_AT + ["cup"] * 500]) == ["Espresso"]


def test_answers_that_are_not_sure_name_nothing() -> None:
    assert proposed_names([["", "", "lynx"], ["", "", "", "lynx"]]) == ["Lynx", "Group 2"]


def test_no_two_groups_are_proposed_the_same_name() -> None:
    answers = [["lynx"], ["lynx"], ["group 4"], ["a", "b", "c", "d"]]
    assert proposed_names(answers) == ["Lynx", "Lynx 2", "Group 4", "Group 4 2"]


def test_a_sorting_comes_back_from_its_file(tmp_path: Path) -> None:
    sorting = Sorting(
        files=("/a/1.png", "/a/ü 2.png", "/a/3.png"),
        answers=("lynx", "cup", "cup"),
        unreadable=(("/a/4.png", "it is empty"),),
        groups=(
            SortedGroup(name="Cup", images=(2, 1)),
            SortedGroup(name="Lynx", images=(0,)),
        ),
    )
    path = tmp_path / "sorted.json"
    write_sorting(path, sorting)
    assert read_sorting(path) == sorting
    assert features_path(path) == tmp_path / "sorted.npy"


@pytest.mark.parametrize("places", [((0,), (0, 1)), ((0,), ()), ((0,), (2,))])
def test_every_image_is_in_one_group(places: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValidationError):
        Sorting(
            files=("a", "b"),
            answers=("x", "y"),
            groups=tuple(SortedGroup(name="G", images=some) for some in places),
        )


@pytest.mark.parametrize("text", ["", "[]", '{"files": 1}', "[" * 100_000])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sorted.json"
    path.write_text(text)
    with pytest.raises(UserError, match="cannot be read"):
        read_sorting(path)


def test_the_table_is_read_by_the_import(tmp_path: Path) -> None:
    rows = [(str(tmp_path / 'a, "b".png'), "Cats, big"), (str(tmp_path / "c;d.png"), "1;2")]
    table = tmp_path / "new" / "labels.csv"
    write_table(table, rows)
    with catalog.source_for(table).open(table, lambda: False) as listing:
        items = list(listing.items)
    assert [(str(item.file), item.label) for item in items if isinstance(item, SourceImage)] == rows


def test_each_sorting_has_a_folder_of_its_own(own_folders: Path) -> None:
    first, second = new_output(), new_output()
    assert first != second
    assert first.parent.is_dir()
    assert own_folders in first.parents


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "--to", "labels.csv"], "nothing at nowhere"),
        ([".", "--to", "labels.txt"], "end with .csv"),
        ([".", "--to", "labels.csv", "--groups", "0"], "from 1 to 100"),
    ],
)
def test_wrong_use_is_refused_before_a_worker_starts(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sort", *words]) == 2
    assert said in capsys.readouterr().err
