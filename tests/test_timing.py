"""Times of stages: taken when somebody asks, on all threads, and nothing otherwise."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from click.testing import CliRunner

from streamblur import timing
from streamblur.cli import main
from streamblur.cli._profile import table


def test_stages_of_all_threads_add_up() -> None:
    def work() -> None:
        for _ in range(5):
            with timing.stage("sleep"):
                time.sleep(0.01)

    with timing.takes() as times:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seconds, count = times.stages["sleep"]
    assert count == 10
    assert seconds >= 0.1
    assert 0.05 <= times.seconds < seconds + 5


def test_nothing_is_taken_when_nobody_asks() -> None:
    with timing.takes() as times:
        pass
    with timing.stage("later"):
        pass
    assert times.stages == {}


def test_a_stage_costs_next_to_nothing_when_nobody_asks() -> None:
    started = time.process_time()
    for _ in range(10_000):
        with timing.stage("nothing"):
            pass
    assert (time.process_time() - started) / 10_000 < 5e-6  # a run has about ten a frame, of 30 ms and more


def test_the_table_begins_with_what_took_longest() -> None:
    lines = table(timing.Times({"look": (1.0, 10), "encode": (3.0, 100)}, seconds=4.0, cpu=5.0)).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["encode", "look"]
    assert lines[1].split()[1:] == ["3.00", "75%", "100", "30.00"]
    assert lines[-1] == "4.00 s in all, 5.00 s of processor time on all threads"


def test_a_run_tells_its_stages(tmp_path: Path, meeting: Path) -> None:
    asked = ["blur", str(meeting), "-o", str(tmp_path / "out.mp4"), "--preset", "ultrafast", "--profile"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0
    told = {line.split("  ")[0] for line in result.stderr.splitlines()}
    assert {"decode", "analysis picture", "look", "track", "hide", "encode", "wait for look"} <= told
    assert "150" in next(line for line in result.stderr.splitlines() if line.startswith("encode")).split()
