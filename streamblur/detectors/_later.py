"""Importing a library without what it imports and we never use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands in for a module until something of it is used; then that comes from the module itself."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or sys.modules.get(self.__name__) is self:
            raise AttributeError(f"{self.__name__}.{name} was asked for while its import was put off")
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def imported_later(*names: str) -> Iterator[None]:
    """While this lasts, an import of these modules (a package before what is in it) brings a stand-in for each.

    Modules that are imported already stay what they are; afterwards, an import anywhere else brings the module itself.
    """
    ours = {name: _Later(name) for name in names if name not in sys.modules}
    for name, module in ours.items():
        package, _, last = name.rpartition(".")
        if package in ours:
            setattr(ours[package], last, module)
    sys.modules.update(ours)
    try:
        yield
    finally:
        for name in ours:
            sys.modules.pop(name, None)
