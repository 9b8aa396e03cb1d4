"""Finds catalogue entries: the file's name is the kind, one class a file."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from typing import TypeVar

from imgclf_gui.core.entry import Entry

EntryT = TypeVar("EntryT", bound=Entry)


def _entry_class(module_name: str, base: type[EntryT]) -> type[EntryT]:
    module = importlib.import_module(module_name)
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, base)
        and not inspect.isabstract(member)
        and member.__module__ == module_name
    ]
    if len(found) != 1:
        raise TypeError(f"{module_name} must hold one {base.__name__} class, found {len(found)}")
    return found[0]


@cache
def discover(package_name: str, base: type[EntryT]) -> dict[str, type[EntryT]]:
    """Every entry in `package_name`, by kind, in the order of the kinds.

    Raises:
        TypeError: a file does not hold exactly one class of the set.
    """
    package = importlib.import_module(package_name)
    entries: dict[str, type[EntryT]] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        entry = _entry_class(f"{package_name}.{info.name}", base)
        entries[entry.kind] = entry
    return entries
