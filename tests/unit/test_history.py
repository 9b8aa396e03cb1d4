"""Undo and redo."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imgclf_gui.core.history import History


def test_undo_and_redo_walk_along_the_edits() -> None:
    history = History("a")
    history.edit("first", "b")
    history.edit("second", "c")
    assert (history.undo_name, history.redo_name) == ("second", None)
    assert history.undo() == "b"
    assert (history.undo_name, history.redo_name) == ("first", "second")
    assert history.undo() == "a"
    assert history.undo() == "a"
    assert history.redo() == "b"
    assert history.redo() == "c"
    assert history.redo() == "c"


def test_an_edit_after_undo_forgets_what_was_undone() -> None:
    history = History("a")
    history.edit("first", "b")
    history.undo()
    history.edit("other", "c")
    assert history.redo_name is None
    assert history.redo() == "c"
    assert history.undo() == "a"


def test_an_edit_that_changes_nothing_is_none() -> None:
    history = History("a")
    history.edit("nothing", "a")
    assert history.undo_name is None


def test_merged_edits_of_one_name_are_one_step() -> None:
    history = History(0)
    for value in (1, 2, 3):
        history.edit("epochs", value, merge=True)
    history.edit("batch size", 4, merge=True)
    assert history.undo() == 3
    assert history.undo() == 0


def test_merged_edits_that_come_back_leave_nothing_to_undo() -> None:
    history = History(0)
    history.edit("epochs", 1, merge=True)
    history.edit("epochs", 0, merge=True)
    assert history.undo_name is None


def test_merging_does_not_reach_across_an_undo() -> None:
    history = History(0)
    history.edit("epochs", 1, merge=True)
    history.edit("seed", 2)
    history.undo()
    history.edit("epochs", 3, merge=True)
    assert history.undo() == 1


@given(st.lists(st.integers(), max_size=30))
def test_all_undone_is_the_beginning_and_all_redone_the_end(values: list[int]) -> None:
    history = History(0)
    for value in values:
        history.edit("edit", value)
    end = history.current
    while history.undo_name is not None:
        history.undo()
    assert history.current == 0
    while history.redo_name is not None:
        history.redo()
    assert history.current == end


@given(st.lists(st.one_of(st.integers(0, 5), st.sampled_from(["undo", "redo"])), max_size=40))
def test_undo_then_redo_changes_nothing(actions: list[int | str]) -> None:
    history = History(0)
    for action in actions:
        if action == "undo":
            history.undo()
        elif action == "redo":
            history.redo()
        else:
            history.edit("edit", int(action), merge=int(action) % 2 == 0)
        before = history.current
        if history.undo_name is not None:
            assert history.undo() != before
            assert history.redo() == before
