"""A hundred damaged files, always the same ones; ``python -m fuzz`` looks for longer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from runs import BUG, Ended

from fuzz.damage import damaged
from fuzz.hunt import hunt, judged


@pytest.mark.timeout(200)
def test_damaged_recordings_do_no_harm(tmp_path: Path) -> None:
    result = hunt(tmp_path, seconds=20, seed=8, most=100)
    assert result.found == []
    assert result.ends["refused"] > 10


def test_damage_is_damage_and_repeatable() -> None:
    data = bytes(range(256)) * 4
    first, again = (damaged(data, random.Random(3)) for _ in range(2))
    assert first == again != data


@pytest.mark.parametrize(
    ("code", "megabytes", "written", "word"),
    [
        (-11, 9, False, "signal 11"),
        (-14, 9, False, "hangs"),
        (BUG, 9, False, "bug"),
        (1, 2000, False, "2000 MB"),
        (1, 9, True, "there"),
        (0, 9, False, "missing"),
        (0, 9, True, "cannot be read"),
        (1, 9, False, ""),
    ],
)
def test_harm_is_noticed(tmp_path: Path, code: int, megabytes: float, written: bool, word: str) -> None:
    if written:
        (tmp_path / "out.mp4").write_bytes(b"half a recording")
    said = judged(Ended(code, megabytes, ""), tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert (word in said) if word else said == ""
