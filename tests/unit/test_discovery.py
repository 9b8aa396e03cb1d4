"""Catalogue discovery: a file is an entry, and a file that is not one says so."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from imgclf_gui.core.discovery import discover
from imgclf_gui.core.entry import Schedule

ENTRY = """
from imgclf_gui.core.entry import Schedule

class {name}(Schedule):
    title = "{name}"

    def factor(self, progress):
        return 1.0
"""

_numbers = itertools.count()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package that can be imported, under a name of its own."""
    folder = tmp_path / f"entries_of_test_{next(_numbers)}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_the_file_name_with_hyphens_is_the_kind(package: Path) -> None:
    (package / "warm_restarts.py").write_text(ENTRY.format(name="WarmRestarts"))
    (package / "constant.py").write_text(ENTRY.format(name="Constant"))
    found = discover(package.name, Schedule)
    assert list(found) == ["constant", "warm-restarts"]
    assert found["warm-restarts"]().to_spec().kind == "warm-restarts"


def test_a_set_may_be_empty(package: Path) -> None:
    assert discover(package.name, Schedule) == {}


@pytest.mark.parametrize("names", [[], ["One", "Two"]], ids=["no class", "two classes"])
def test_a_file_that_does_not_hold_one_class_is_named(package: Path, names: list[str]) -> None:
    (package / "odd.py").write_text("".join(ENTRY.format(name=name) for name in names))
    with pytest.raises(TypeError, match=rf"odd must hold one Schedule class, found {len(names)}"):
        discover(package.name, Schedule)


def test_a_class_that_a_file_only_imports_is_not_its_entry(package: Path) -> None:
    (package / "real.py").write_text(ENTRY.format(name="Real"))
    text = f"from {package.name}.real import Real\n" + ENTRY.format(name="Other")
    (package / "other.py").write_text(text)
    found = discover(package.name, Schedule)
    assert {kind: entry.title for kind, entry in found.items()} == {
        "other": "Other",
        "real": "Real",
    }
