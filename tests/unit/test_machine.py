"""How much memory a plan may count on."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from imgclf_gui.core import machine

TOTAL = psutil.virtual_memory().total


@pytest.mark.parametrize(
    ("limits", "bytes_left"),
    [
        ((), TOTAL),
        (("max\n",), TOTAL),
        (("536870912\n",), 2**29),
        (("max\n", "268435456"), 2**28),
        (("9223372036854771712",), TOTAL),
        (("nonsense", ""), TOTAL),
    ],
)
def test_memory_is_what_is_built_in_or_what_the_control_group_leaves(
    limits: tuple[str, ...], bytes_left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / f"limit-{number}" for number in range(3)]
    for file, text in zip(files, limits, strict=False):
        file.write_text(text)
    monkeypatch.setattr(machine, "_LIMITS", tuple(files))
    assert machine.memory_bytes() == bytes_left
