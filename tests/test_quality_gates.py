"""The types and the style of everything in the repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("gate", [["mypy"], ["ruff", "check", "."]], ids=["types", "lint"])
def test_gate(gate: list[str]) -> None:
    if gate == ["mypy"] and sys.version_info < (3, 11):
        pytest.skip("the newest PyAV and NumPy for Python 3.10 type some things differently")
    result = subprocess.run(
        [sys.executable, "-m", *gate], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
