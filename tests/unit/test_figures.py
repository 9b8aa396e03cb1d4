"""Figures as a person reads them."""

from __future__ import annotations

import pytest

from imgclf_gui.core.figures import bytes_words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (12, "12 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (537_248, "537 kB"),
        (9_999_000, "10.0 MB"),
        (999_999_999, "1.00 GB"),
        (4.23e16, "42.3 PB"),
        (4.23e19, "42,300 PB"),
    ],
)
def test_bytes_have_three_digits_and_a_unit_that_fits(size: float, words: str) -> None:
    assert bytes_words(size) == words
