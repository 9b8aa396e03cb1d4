"""The wheel: what people install holds the program, its commands and its samples."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRINT_SAMPLES = """
from imgclf_gui.core.resources import samples
for sample in samples():
    print(sample.name, sample.images, sum(1 for _ in sample.folder.rglob("*.png")), sample.folder)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    pytest.importorskip("hatchling", reason="needs hatchling, which the lock file installs")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (path,) = folder.glob("*.whl")
    return path


def test_it_brings_both_commands_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
        text = archive.read(entry_points).decode()
    assert "imgclf = imgclf_gui.__main__:command_line" in text
    assert "imgclf-gui = imgclf_gui.__main__:window" in text
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "packaging/")) for name in names)


def test_its_samples_are_found_where_they_are_installed(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-P", "-c", PRINT_SAMPLES],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["emoji", "fashion"]
    assert all(declared == found for _, declared, found, _ in rows)
    assert all(Path(row[3]).is_relative_to(tmp_path) for row in rows)
    assert all((Path(row[3]) / "LICENSE.txt").is_file() for row in rows)


def test_the_samples_together_are_small(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = [item.file_size for item in archive.infolist() if "/samples/" in item.filename]
    assert sum(sizes) < 10_000_000
