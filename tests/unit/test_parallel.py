"""Threads that work through a list: in order, not far ahead, and gone when they are not needed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgclf_gui.core.parallel import in_chunks, map_ahead


@pytest.mark.parametrize("threads", [0, 1, 4])
def test_results_come_in_order(threads: int) -> None:
    assert list(map_ahead(str, range(100), threads)) == [str(n) for n in range(100)]


@pytest.mark.parametrize("threads", [0, 3])
def test_an_endless_list_is_taken_a_little_ahead_only(threads: int) -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    results = map_ahead(lambda number: -number, numbers(), threads)
    assert list(islice(results, 10)) == [-n for n in range(10)]
    results.close()
    assert len(taken) <= 10 + 2 * threads


@pytest.mark.parametrize("threads", [0, 3])
def test_an_error_reaches_the_caller_and_ends_the_threads(threads: int) -> None:
    before = threading.active_count()
    results = map_ahead(lambda n: 1 // (5 - n), range(1000), threads)
    with pytest.raises(ZeroDivisionError):
        list(results)
    assert threading.active_count() == before


@given(st.lists(st.integers()), st.integers(1, 10))
def test_chunks_hold_everything_once(items: list[int], size: int) -> None:
    chunks = list(in_chunks(items, size))
    assert [item for chunk in chunks for item in chunk] == items
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(chunks)
