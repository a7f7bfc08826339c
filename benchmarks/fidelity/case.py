"""What a case is: a name that begins with its number, and a function that makes, runs and checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Failed(Exception):
    """The tool did not do what must hold; the text says what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: its exit code and what it printed."""

    code: int
    said: str = ""


class Tool(Protocol):
    """Blurs ``source`` into ``output``; ``replace`` allows an existing output."""

    def __call__(self, source: Path, output: Path, replace: bool = False) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """An empty folder and the tool."""

    folder: Path
    tool: Tool

    def at(self, name: str) -> Path:
        return self.folder / name

    def blur(self, source: Path, name: str = "") -> Path:
        """The output for ``source``, of the same suffix unless a name is given. Raises Failed when there is none."""
        output = self.folder / (name or f"out{source.suffix}")
        outcome = self.tool(source, output)
        expect(outcome.code == 0, f"exit code {outcome.code} on {source.name}: {outcome.said[-200:]}")
        expect(output.is_file(), "exit code 0, but no output")
        return output


Check = Callable[[Desk], None]
CASES: dict[str, Check] = {}
"""Every case by its name, such as ``V1 aac in .mp4``; filled by importing the modules beside this one."""


def case(name: str) -> Callable[[Check], Check]:
    """Enter a function as a case."""

    def enter(check: Check) -> Check:
        if name in CASES:
            raise ValueError(f"two cases are called {name}")
        CASES[name] = check
        return check

    return enter


def expect(truth: bool, otherwise: str) -> None:
    """Raise Failed unless it holds."""
    if not truth:
        raise Failed(otherwise)


def number(name: str) -> int:
    """The number of a case: 12 of ``V12 ...``."""
    return int(name.split()[0][1:])
