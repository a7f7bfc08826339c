"""The import floors of setup.cfg hold, and would be noticed if they did not."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [*LINT, "--config", str(ROOT / "setup.cfg")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_every_import_goes_down() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("values.py", "import streamblur.compose", "A floor imports only"),
        ("trackers/motion.py", "import streamblur.obscurers.solid", "A floor imports only"),
        ("lounge.py", "", "A floor imports only"),
        ("compose.py", "import av", "PyAV"),
        ("settings.py", "import click", "click"),
        ("compose.py", "import flask", "Flask"),
        ("web/limits.py", "import streamblur.cli", "A floor imports only"),
    ],
)
def test_a_forbidden_import_is_noticed(tmp_path: Path, module: str, line: str, contract: str) -> None:
    shutil.copytree(ROOT / "streamblur", tmp_path / "streamblur", ignore=shutil.ignore_patterns("*.tflite"))
    with (tmp_path / "streamblur" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode == 1
    assert contract in result.stdout.partition("Broken contracts")[2]


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "streamblur").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_only_the_engine_makes_safe_frames() -> None:
    makers = set()
    for path in (ROOT / "streamblur").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "SafeFrame":
                makers.add(path.relative_to(ROOT / "streamblur").parts[0])
    assert makers == {"engine"}
