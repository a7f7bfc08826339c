"""The pages in docs/ say what the program says."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_command_is_described_as_it_describes_itself() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_commands.py"))["text"]()
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == made, "run: python docs/make_commands.py"
