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


SMALL_IMAGE_BYTES = 16_384
"""Decoding smaller files is mostly Python, and threads would only wait for each other: MNIST's
PNG files decode at 9,500 a second without threads, at 4,000 with two."""


def threads_for(image_bytes: float) -> int:
    """How many threads decode files of this mean size quickest; 0 means none beside our own."""
    return 0 if image_bytes < SMALL_IMAGE_BYTES else os.cpu_count() or 1


def map_ahead(
    function: Callable[[ItemT], ResultT], items: Iterable[ItemT], threads: int
) -> Generator[ResultT, None, None]:
    """`function` of each item, in order; at most twice as many items as threads are in hand.

    Closing the iterator, or an error in `function`, drops what has not begun.
    """
    if not threads:
        for item in items:
            yield function(item)
        return
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
