"""Groups as a person arranges them."""

from __future__ import annotations

from imgclf_gui.gui.grouping import Group, Grouping

GROUPS = Grouping((Group("Cats", (2, 0)), Group("Cups", (1, 3)), Group("Rest", (4,))))


def shown(grouping: Grouping) -> list[tuple[str, tuple[int, ...]]]:
    return [(group.name, group.images) for group in grouping.groups]


def test_images_move_to_the_front_of_another_group() -> None:
    moved = GROUPS.moved([3, 0, 1], 1)
    assert shown(moved) == [("Cats", (2,)), ("Cups", (0, 1, 3)), ("Rest", (4,))]
    assert GROUPS.moved([1, 3], 1) is GROUPS
    assert GROUPS.moved([], 0) is GROUPS


def test_a_new_group_gets_a_name_that_no_other_has() -> None:
    named = GROUPS.renamed(0, "group 4")
    assert shown(named.moved([1], 3))[-1] == ("Group 5", (1,))


def test_the_name_of_another_group_merges_the_two() -> None:
    assert shown(GROUPS.renamed(2, " cats ")) == [("Cats", (2, 0, 4)), ("Cups", (1, 3))]
    assert shown(GROUPS.renamed(0, "Rest")) == [("Cups", (1, 3)), ("Rest", (4, 2, 0))]


def test_an_empty_name_changes_nothing_and_case_may_change() -> None:
    assert GROUPS.renamed(0, "  ") is GROUPS
    assert shown(GROUPS.renamed(0, "CATS"))[0] == ("CATS", (2, 0))


def test_what_is_left_out_or_empty_is_no_class() -> None:
    some = GROUPS.including(0, included=False).moved([4], 1)
    assert (some.images, some.classes) == (3, 1)
    assert some.rows(["a", "b", "c", "d", "e"]) == [("e", "Cups"), ("b", "Cups"), ("d", "Cups")]
