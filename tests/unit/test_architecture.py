"""The architecture as tests: who may import whom, what lies where, what the documents name."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.system import needs

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "imgclf_gui"
CATALOGUE = PACKAGE / "catalog"

TOP_LEVEL = {
    "imgclf_gui",
    "resources",
    "tests",
    "packaging",
    "pyproject.toml",
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    "requirements.lock",
}
LOCKS = (ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock")

HEAVY = {"tensorflow", "keras"}
WINDOW = {"PySide6", "pyqtgraph", "qtawesome"}
CLIENTS = {"google", "grpc", "requests", "keyring"}
"""Imported when a cloud is asked for the first time."""

CLOUD = {"google", "grpc"}

# A namespace has no file: that of Google's clients is there from Python's start on.
WITHOUT_THEM = """
import sys
import imgclf_gui.{package}
modules = [name for name, found in sys.modules.items() if getattr(found, "__file__", None)]
loaded = {{name.partition(".")[0] for name in modules}}
print(*sorted(loaded & {{{names}}}))
"""


def _tracked() -> list[Path]:
    """The files of the repository; skips the test where there is none."""
    needs("git")
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def _texts() -> dict[str, str]:
    """Every text file of the repository, by its name."""
    binary = {".png", ".jpg", ".gz", ".ico", ".safetensors"}
    return {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for path in _tracked()
        if path.suffix not in binary
    }


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _locked(path: Path) -> dict[str, set[str]]:
    """The locked versions of each package (there may be one a Python version)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^\s;]+)", path.read_text(), re.M):
        found.setdefault(name, set()).add(version)
    return found


def test_layers_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as m; m()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["core", "catalog", "plan", "protocol", "jobs", "cli"])
def test_what_lies_below_the_window_starts_without_window_and_tensorflow(package: str) -> None:
    _assert_not_loaded(package, HEAVY | WINDOW | CLOUD)


def test_the_window_starts_without_tensorflow() -> None:
    _assert_not_loaded("gui.main_window", HEAVY | CLOUD | {"optuna", "pyqtgraph"})


def test_the_worker_waits_for_its_first_training_before_it_imports_tensorflow() -> None:
    _assert_not_loaded("worker.main", HEAVY | WINDOW)


def _assert_not_loaded(package: str, names: set[str]) -> None:
    script = WITHOUT_THEM.format(package=package, names=", ".join(map(repr, sorted(names))))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_the_top_level_holds_what_is_agreed_and_no_more() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in _tracked()}
    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL


def test_files_are_of_a_readable_size() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: size for name, size in sizes.items() if size > 500} == {}


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_documents_name_every_set_of_the_catalogue(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    sets = {path.parent.name for path in CATALOGUE.glob("*/__init__.py")}
    assert {name for name in sets if f"{name}/" not in text} == set()


def test_architecture_names_every_package_and_worker_file() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {name for name in packages if f"{name}/" not in text} == set()
    modules = {
        path.name
        for layer in ("core", "plan", "protocol", "worker", "jobs")
        for path in (PACKAGE / layer).glob("*.py")
        if path.name != "__init__.py"
    }
    assert {name for name in modules if name not in text} == set()


def test_contributing_says_why_each_dependency_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").lower()
    project = _pyproject()["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=]", line)[0].lower() for line in wanted}
    assert {name for name in names if f"| {name} |" not in text} == set()


def test_links_in_documents_lead_somewhere() -> None:
    for document in ROOT.glob("*.md"):
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
            if not link.startswith("http"):
                assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_no_file_names_a_machine_or_a_registry() -> None:
    # Written in pieces, so that this file does not name them.
    pattern = re.compile(
        "|".join(("/ro" + "ot/", "/wo" + "rk/", "pypi" + r"\.org", "file:" + "///"))
    )
    found = {name for name, text in _texts().items() if pattern.search(text)}
    assert found == set()


def test_the_window_library_is_one_that_lives_on_python_3_11() -> None:
    (pin,) = [line for line in _pyproject()["project"]["dependencies"] if "PySide6" in line]
    assert pin.endswith("<6.12")
    assert all(version.startswith("6.11.") for version in _locked(LOCKS[0])["pyside6-essentials"])


def test_locks_hold_every_dependency_with_hashes() -> None:
    for path in LOCKS:
        entries = re.split(r"\n(?=[a-z0-9])", path.read_text())[1:]
        assert entries
        assert all("--hash=sha256:" in entry for entry in entries)
    project = _pyproject()["project"]
    run = {re.split(r"[<>=]", line)[0].lower() for line in project["dependencies"]}
    dev = {re.split(r"[<>=]", line)[0] for line in project["optional-dependencies"]["dev"]}
    assert run <= _locked(LOCKS[0]).keys()
    assert run | dev <= _locked(LOCKS[1]).keys()


def test_people_and_tests_get_the_same_versions() -> None:
    for_people, for_tests = map(_locked, LOCKS)
    assert for_people.items() <= for_tests.items()


def test_void_calls_of_qt_do_not_drop_references_to_none() -> None:
    """PySide6 6.12.0 on Python 3.11 does, and aborts the process after some thousands."""
    script = (
        "import sys\nfrom PySide6.QtCore import QTimer\ntimer = QTimer()\n"
        "before = sys.getrefcount(None)\nfor _ in range(300): timer.setInterval(4)\n"
        "print(before - sys.getrefcount(None))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100
