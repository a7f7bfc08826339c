"""A stage on a thread gives what it would have given, and always ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from streamblur.threads import Ahead, Begun


def counted(made: list[int]) -> Iterator[int]:
    """0 to 99, each noted when it is made."""
    for n in range(100):
        made.append(n)
        yield n


def test_items_come_in_order_and_the_thread_ends() -> None:
    assert list(Ahead(range(100), 3, "test")) == list(range(100))
    assert not [t for t in threading.enumerate() if t.name.startswith("streamblur-")]


def test_it_runs_ahead_but_only_so_far() -> None:
    made: list[int] = []
    ahead = Ahead(counted(made), 4, "test")
    time.sleep(0.3)
    assert 4 <= len(made) <= 6
    ahead.close()


def test_it_runs_farther_ahead_until_the_first_item_is_asked_for() -> None:
    made: list[int] = []
    ahead = Ahead(counted(made), 2, "test", 20)
    deadline = time.monotonic() + 30
    while len(made) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [next(ahead) for _ in range(10)] == list(range(10))
    time.sleep(0.3)
    assert len(made) <= 22, "what waits is used up first"
    assert list(ahead) == list(range(10, 100))


def test_an_error_reaches_the_consumer_after_the_items_before_it() -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    ahead = Ahead(fail(), 4, "test")
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)
    with pytest.raises(StopIteration):
        next(ahead)


def test_closing_early_closes_the_stage_on_its_own_thread() -> None:
    closed: list[str] = []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.append(threading.current_thread().name)

    ahead = Ahead(endless(), 2, "test")
    next(ahead)
    ahead.close()
    ahead.close()
    assert closed == ["streamblur-test"]


def test_a_chain_of_stages_ends_when_its_last_one_is_closed() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 0

    inner = Ahead(endless(), 2, "inner")
    outer = Ahead((n + 1 for n in inner), 2, "outer")
    assert next(outer) == 1
    outer.close()
    inner.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("streamblur-")]


class Made:
    def __init__(self) -> None:
        self.on, self.closed = threading.current_thread().name, 0

    def close(self) -> None:
        self.closed += 1


def test_what_is_begun_is_made_on_another_thread_and_the_callers_to_close() -> None:
    begun = Begun(Made, "test")
    made = begun.result()
    begun.close()
    assert made.on == "streamblur-test"
    assert not made.closed
    assert not [t for t in threading.enumerate() if t.name.startswith("streamblur-")]


def test_what_was_begun_and_never_asked_for_is_closed_once() -> None:
    made: list[Made] = []
    go = threading.Event()

    def make() -> Made:
        go.wait(30)
        made.append(Made())
        return made[0]

    begun = Begun(make, "test")
    threading.Timer(0.2, go.set).start()
    begun.close()
    begun.close()
    assert [one.closed for one in made] == [1], "closing waits for what is under way"


def test_an_error_of_what_is_begun_is_raised_where_it_is_asked_for() -> None:
    def fail() -> Made:
        raise ValueError("broken")

    begun = Begun(fail, "test")
    with pytest.raises(ValueError, match="broken"):
        begun.result()
    begun.close()
    Begun(fail, "test").close()
