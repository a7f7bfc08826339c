"""The tab key: the script that is printed makes a shell complete commands and options."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from streamblur.cli import main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert f"_STREAMBLUR_COMPLETE={shell}_complete" in result.output


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(("words", "offered"), [("streamblur b", "blur"), ("streamblur blur --thor", "--thorough")])
def test_bash_completes(tmp_path: Path, words: str, offered: str) -> None:
    command = tmp_path / "streamblur"
    command.write_text(f"#!{sys.executable}\nfrom streamblur.cli import main\nmain(prog_name='streamblur')\n")
    command.chmod(0o755)
    script = CliRunner().invoke(main, ["completion", "bash"]).output
    ask = f"{script}\nCOMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1}\n_streamblur_completion streamblur\n"
    ask += 'printf "%s\\n" "${COMPREPLY[@]}"\n'
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    root = str(Path(__file__).resolve().parent.parent)
    environment = os.environ | {"PATH": path, "PYTHONPATH": root}
    answer = subprocess.run(["bash", "-c", ask], env=environment, capture_output=True, text=True, check=True)
    assert offered in answer.stdout.split()
