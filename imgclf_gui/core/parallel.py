"""Working through a long list with several threads, in order and in bounded memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def map_ahead(
    function: Callable[[ItemT], ResultT], items: Iterable[ItemT], threads: int | None = None
) -> Generator[ResultT, None, None]:
    """`function` of each item, in order; at most twice as many items as threads are in hand.

    Closing the iterator, or an error in `function`, drops what has not begun.
    """
    threads = threads or os.cpu_count() or 1
    waiting: deque[Future[ResultT]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def in_chunks(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    """The items as lists of `size`; the last may be shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
