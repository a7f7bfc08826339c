"""The command line: options, help, what is printed, exit codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from streamblur import InputError, OutputError, Progress, Settings, StreamblurError, Summary, compose
from streamblur.cli import main
from streamblur.cli._terminal import DEBIAN_PACKAGES, printable
from streamblur.cli.blur import blur

Report = Callable[[Progress], None] | None
OTHERS = {"cluster", "output", "recursive", "jobs", "profile", "quiet", "verbose"}
OTHERS |= {"faces", "verify", "repair", "strict", "report", "from_report"}
CHANGED: dict[str, Any] = {
    "model": "full",
    "confidence": 0.5,
    "every": 3,
    "analysis_size": 640,
    "min_face": 20,
    "hindsight": 0.5,
    "style": "solid",
    "strength": 2.0,
    "margin": 0.3,
    "shape": "ellipse",
    "codec": "libx265",
    "preset": "fast",
    "crf": 30,
    "keep": "chapters,subtitles",
    "watermark": "anonymised",
}


class Run:
    """Stands in for ``compose.run``: remembers what it was asked, answers or raises what it was told to."""

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.output: Path | None = None
        self.report: Report = None
        self.error: BaseException | None = None
        self.notes: tuple[str, ...] = ()

    def __call__(self, settings: Settings, source: Path, output: Path, report: Report = None) -> Summary:
        self.settings, self.output, self.report = settings, output, report
        if self.error is not None:
            raise self.error
        return Summary(150, 5, 700, 3.21, output, self.notes)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    run = Run()
    monkeypatch.setattr(compose, "run", run)
    return run


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["blur", *arguments])


def test_every_field_of_settings_is_an_option_and_nothing_else_is() -> None:
    options = {p.name for p in blur.params if isinstance(p, click.Option)}
    assert options - OTHERS == {field.name for field in fields(Settings)}


def test_without_options_the_settings_are_the_defaults(run: Run) -> None:
    assert invoke("a.mp4").exit_code == 0
    assert run.settings == Settings()
    assert run.output == Path("a_blurred.mp4")


@pytest.mark.parametrize("field", CHANGED)
def test_an_option_reaches_its_field(run: Run, field: str) -> None:
    invoke("a.mp4", f"--{field.replace('_', '-')}", str(CHANGED[field]))
    assert run.settings == Settings(**{field: CHANGED[field]})


@pytest.mark.parametrize(
    ("flag", "field"), [("--boxes", "boxes"), ("--no-audio", "audio"), ("--mute", "mute"), ("--force", "force")]
)
def test_a_flag_turns_its_field_over(run: Run, flag: str, field: str) -> None:
    invoke("a.mp4", flag)
    turned: dict[str, Any] = {field: not getattr(Settings(), field)}
    assert run.settings == Settings(**turned)


def test_places_and_faces_may_be_named_several_times(run: Run) -> None:
    asked = ["--region", "1,2,3,4", "--region", "5,6,7,8@1-2", "--exclude-region", "0,0,9,9", "--keep-face", "3"]
    assert invoke("a.mp4", *asked, "--keep-face", "4").exit_code == 0
    expected = Settings(region=("1,2,3,4", "5,6,7,8@1-2"), exclude_region=("0,0,9,9",), keep_face=(3, 4))
    assert run.settings == expected


def test_the_closing_line_and_the_notes(run: Run) -> None:
    run.notes = ("The second sound track was left out.", "Frames were converted to yuv420p.")
    result = invoke("a.mp4", "-o", "b.mp4")
    assert result.stdout.splitlines() == [
        "150 frames, 5 faces tracked, 3.2 s: b.mp4",
        "Note: The second sound track was left out.",
        "Note: Frames were converted to yuv420p.",
    ]
    assert result.stderr == ""


def test_quiet_says_nothing(run: Run) -> None:
    assert invoke("a.mp4", "-q").output == ""


def test_no_progress_bar_in_a_pipe(run: Run) -> None:
    invoke("a.mp4")
    assert run.report is None


@pytest.mark.parametrize("error", [InputError, OutputError])
def test_an_error_is_one_sentence_and_exit_code_1(run: Run, error: type[StreamblurError]) -> None:
    run.error = error("a.mp4 is empty: give another file.")
    result = invoke("a.mp4")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: a.mp4 is empty: give another file.\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["a.mp4", "--style", "fog"], ["a.mp4", "--every", "0"], ["a.mp4", "--fast"], ["a.mp4", "--region", "1,2"]],
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert run.settings is None


@pytest.mark.parametrize("kind", [ImportError, OSError])
@pytest.mark.parametrize("library", DEBIAN_PACKAGES)
def test_a_missing_system_library_names_its_package(run: Run, kind: type[Exception], library: str) -> None:
    run.error = kind(f"{library}: cannot open shared object file: No such file or directory")
    result = invoke("a.mp4")
    assert result.exit_code == 1
    assert DEBIAN_PACKAGES[library] in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_bug_is_not_dressed_up_as_an_error(run: Run) -> None:
    run.error = ZeroDivisionError()
    assert isinstance(invoke("a.mp4").exception, ZeroDivisionError)


def test_names_cannot_steer_the_terminal(run: Run) -> None:
    assert printable("a\x1b[2J\n\u202eb é.mp4") == "a\\x1b[2J\\n\\u202eb é.mp4"
    run.error = InputError("\x1b]0;title\x07.mp4 is missing.")
    assert "\x1b" not in invoke("a.mp4").stderr
    run.error, run.notes = None, ("\x1b[31m",)
    assert "\x1b" not in invoke("a\x1b.mp4").stdout


def test_help_is_grouped_and_has_an_example() -> None:
    text = invoke("--help").stdout
    places = [text.index(heading) for heading in ("Looking:", "Hiding:", "Writing:", "Other:", "Example:")]
    assert places == sorted(places)
    assert "streamblur blur meeting.mp4 -o" in text
    assert "Example:\n\n  streamblur blur meeting.mp4\n" in CliRunner().invoke(main, ["--help"]).stdout


def test_the_example_in_the_help_is_valid(run: Run) -> None:
    example = invoke("--help").stdout.split("Example:")[1].split()
    assert CliRunner().invoke(main, example[1:]).exit_code == 0


def test_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).stdout == "streamblur 0.1.0\n"
