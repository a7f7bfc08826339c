"""The README tells the truth: its commands run, its tables hold every option, it stays short."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from streamblur.cli.blur import blur
from streamblur.live.controls import HELP

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPTIONS = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


SHELL = [line for block in blocks("bash") for line in block.splitlines()]
EXAMPLES = [line for line in SHELL if line.startswith("streamblur ")]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in OPTIONS.splitlines() if line.startswith("| `-")
]


@pytest.fixture
def desk(tmp_path: Path, meeting: Path) -> Path:
    """A folder with the sample in its place, as the README's commands expect it."""
    (tmp_path / "sample_media").mkdir()
    shutil.copy(meeting, tmp_path / "sample_media")
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def streamblur(line: str) -> list[str]:
    return [sys.executable, "-m", *shlex.split(line)]


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_keys_of_the_window_are_those_that_its_help_shows() -> None:
    assert [line for line in HELP if line not in README] == []


def test_the_first_two_commands_install_and_run_and_test() -> None:
    assert SHELL[:2] == [
        "python3 -m pip install . && streamblur blur sample_media/meeting.mp4",
        "python3 -m pip install '.[test]' && python3 -m pytest",
    ]


def test_the_first_command_blurs_the_sample(desk: Path) -> None:
    run(streamblur(SHELL[0].partition(" && ")[2]), desk)
    assert (desk / "sample_media" / "meeting_blurred.mp4").stat().st_size > 100_000


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_runs(desk: Path, line: str) -> None:
    words = shlex.split(line)
    run(streamblur(line), desk)
    assert (desk / words[words.index("-o") + 1]).stat().st_size > 50_000


def test_the_python_example_runs(desk: Path) -> None:
    (example,) = blocks("python")
    answer = run([sys.executable, "-c", example], desk)
    assert re.fullmatch(r"150 frames, \d+ faces tracked\n", answer)
    assert (desk / "meeting_python.mp4").exists()


def test_the_tables_hold_every_option() -> None:
    told = sorted(name for row in ROWS for name in re.findall(r"`(--?[a-z-]+)`", row[0]))
    options = [param for param in blur.params if isinstance(param, click.Option)]
    assert told == sorted(name for option in options for name in option.opts or option.secondary_opts)


def test_the_tables_hold_the_defaults() -> None:
    defaults = {row[0].split("`")[1].lstrip("-").replace("-", "_"): row[1] for row in ROWS}
    for option in blur.params:
        default = defaults.get(option.name or "")
        if default is not None and isinstance(option.default, (str, int, float)):
            assert default == ("off" if option.default is False else str(option.default)), option.name


def test_every_file_it_links_to_exists() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_sample_is_the_one_described(meeting: Path) -> None:
    text = (ROOT / "sample_media" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(meeting.read_bytes()).hexdigest() in text
    assert meeting.stat().st_size < 2_000_000


CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:[.,]\d+)*", " ".join(line for line in text.splitlines() if line.startswith("|")))


def test_the_chinese_readme_is_in_step() -> None:
    def code(text: str) -> list[str]:
        return re.findall(r"^```\w*\n.*?^```", text, re.DOTALL | re.MULTILINE)

    assert code(CHINESE) == code(README)
    measured = re.search(r"\n## Measured\n(.*?)\n## ", README, re.DOTALL)
    translated = re.search(r"\n## 实测\n(.*?)\n## ", CHINESE, re.DOTALL)
    assert measured is not None
    assert translated is not None
    assert numbers(translated[1]) == numbers(measured[1]) != []
    assert README.count("\n## ") == CHINESE.count("\n## ")


def test_the_chinese_readme_names_the_same_options_and_files() -> None:
    def named(text: str) -> set[str]:
        return set(re.findall(r"`(-[^`]+|[\w/]+\.\w+|[a-z_]+\([^`]*\))`|\]\(([^)]+)\)", text))

    english, chinese = named(README), named(CHINESE)
    assert english ^ chinese <= {("", "README.md"), ("", "README.zh-CN.md")}
