"""Files elsewhere: by URL only, copied through a private folder, whole or not at all. No network: fsspec's memory and
local file systems stand for all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import runs
from click.testing import CliRunner, Result
from PIL import Image

from streamblur import OutputError, Settings, rooms
from streamblur.batch import remote
from streamblur.batch.gather import gathered
from streamblur.batch.outcome import Outcome
from streamblur.batch.plan import planned
from streamblur.batch.running import Ways, outcomes
from streamblur.batch.work import work
from streamblur.cli import main

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """An empty file system in memory, a detector that costs nothing, a cache folder and temporary files of our own."""
    monkeypatch.setattr(rooms, "part", runs.part)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    yield memory
    memory.store.clear()
    assert list((tmp_path / "tmp").iterdir()) == []


def photo(seed: int = 0) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (48, 64, 3)).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def done(inputs: list[str], to: str | None, settings: Settings | None = None) -> list[Outcome]:
    jobs = planned(gathered(inputs, True).files, to)
    with ThreadPoolExecutor(1) as here:
        return list(outcomes(jobs, settings or Settings(), Ways(here, partial(work), 2)))


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["blur", *arguments])


def test_only_a_known_kind_of_address_that_is_no_file_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remote.is_url("memory://a/b.png")
    assert remote.is_url("s3://bucket/b.png")
    for text in ("a.png", "C:\\a.png", "nope://a.png", "dir/memory://a.png", "memory:/a.png"):
        assert not remote.is_url(text)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "memory:").mkdir()
    (tmp_path / "memory:" / "a.png").write_bytes(photo())
    assert not remote.is_url("memory://a.png")


def test_without_fsspec_an_address_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = cli("s3://bucket/a.png")
    assert result.exit_code == 1
    assert "streamblur[remote]" in result.stderr


def test_one_file_from_there_to_here_and_back(store: Any, tmp_path: Path) -> None:
    store.pipe("/in/x.png", photo())
    here = tmp_path / "x.png"
    for arguments in (
        ("memory://in/x.png", "-o", str(here)),
        (str(here), "-o", "memory://out/y.png"),
        ("memory://in/x.png", "-o", "memory://new/"),
        ("memory://in/x.png",),
    ):
        result = cli(*arguments)
        assert result.exit_code == 0, result.stderr
        assert result.stdout.startswith("1 picture, 1 face, ")
    assert sorted(store.find("/")) == ["/in/x.png", "/in/x_blurred.png", "/new/x.png", "/out/y.png"]
    assert store.cat("/in/x_blurred.png") == store.cat("/new/x.png") == here.read_bytes()
    assert cli("memory://in/x.png").exit_code == 1
    assert "exists already" in cli("memory://in/x.png").stderr
    assert cli("memory://in/x.png", "--force").exit_code == 0
    gone = cli("memory://in/gone.png")
    assert (gone.exit_code, "memory://in/gone.png" in gone.stderr) == (1, True)
    store.pipe("/in/broken.png", photo()[:100])
    broken = cli("memory://in/broken.png")
    assert broken.stderr == "Error: broken.png cannot be read as a picture: it is damaged or cut off. Copy it again.\n"


def test_a_tree_goes_there_and_is_remembered(store: Any) -> None:
    for name in ("a.png", "sub/b.png", "sub/c_blurred.png", "notes.txt", ".hidden.png"):
        store.pipe(f"/in/{name}", photo())
    store.pipe("/in/broken.png", b"words")
    first = done(["memory://in"], "memory://out")
    assert sorted((o.source, o.output, o.status) for o in first) == [
        ("memory:///in/a.png", "memory://out/a.png", "done"),
        ("memory:///in/broken.png", "memory://out/broken.png", "failed"),
        ("memory:///in/sub/b.png", "memory://out/sub/b.png", "done"),
    ]
    assert sorted(store.find("/out")) == ["/out/a.png", "/out/sub/b.png"]
    assert [o.earlier for o in done(["memory://in"], "memory://out")].count(True) == 2
    store.rm("/out/a.png")
    again = {o.source[-5:]: o for o in done(["memory://in"], "memory://out")}
    assert (again["a.png"].earlier, again["b.png"].earlier) == (False, True)
    store.pipe("/out/a.png", b"mine")
    assert any("exists already" in o.error for o in done(["memory://in"], "memory://out"))
    assert store.cat("/out/a.png") == b"mine"


def test_a_pattern_there_and_a_folder_here(store: Any, tmp_path: Path) -> None:
    for name in ("a1.png", "a2.png", "b.png"):
        store.pipe(f"/in/{name}", photo())
    assert [o.status for o in done(["memory://in/a*.png"], str(tmp_path / "out"))] == ["done", "done"]
    assert sorted(p.name for p in (tmp_path / "out").glob("*.png")) == ["a1.png", "a2.png"]
    beside = done(["memory://in/b.png"], None)
    assert [o.output for o in beside] == ["memory://in/b_blurred.png"]


def test_local_files_by_their_address(store: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.png").write_bytes(photo())
    ended = done([f"file://{tmp_path}/in"], f"file://{tmp_path}/out")
    assert [o.status for o in ended] == ["done"]
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["x.png"]


def test_a_copy_that_breaks_off_leaves_nothing(store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "x.png"
    place.write_bytes(photo())

    def breaks(source: Any, target: Any, _size: int) -> None:
        target.write(source.read(100))
        raise ConnectionResetError("the line is cut")

    monkeypatch.setattr("shutil.copyfileobj", breaks)
    for url in ("memory://out/x.png", f"file://{tmp_path}/there/x.png"):
        with pytest.raises(OutputError, match="the line is cut"):
            remote.sent(place, url)
    assert store.find("/out") == []
    assert list((tmp_path / "there").iterdir()) == []
