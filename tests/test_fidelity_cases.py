"""Cases V1 to V22 of benchmarks/fidelity, on the library with its real detector."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fidelity.__main__ import main, table
from benchmarks.fidelity.case import CASES, Desk, Outcome, number
from streamblur import Settings, StreamblurError, blur

ELSEWHERE = {17: "tests/test_fidelity_whole.py"}
NAMES = sorted((name for name in CASES if number(name) not in ELSEWHERE), key=lambda name: (number(name), name))


class Library:
    """streamblur as a function; an error is exit code 1, as on the command line."""

    def __call__(self, source: Path, output: Path, replace: bool = False) -> Outcome:
        try:
            blur(source, output, Settings(force=replace))
        except StreamblurError as error:
            return Outcome(1, str(error))
        return Outcome(0)


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, tmp_path: Path) -> None:
    CASES[name](Desk(tmp_path, Library()))


def test_every_number_has_a_case() -> None:
    assert {number(name) for name in CASES} == set(range(1, 23))


def test_the_table_names_what_fails() -> None:
    columns = {"ours": {"V1 a": "", "V1 b": ""}, "theirs": {"V1 a": "", "V1 b": "the sound is gone"}}
    assert table(columns, every=False).splitlines()[2:] == [
        "| V1 | pass (2) | **1 of 2 fail**; b: the sound is gone |",
    ]


def test_a_tool_that_does_nothing_passes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tool", "true {input} {output}", "--cases", "V1", "V11"]) == 1
    assert "pass" not in capsys.readouterr().out
