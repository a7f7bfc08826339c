"""The review in a real Chromium, with the keyboard: jump, keep, draw, undo, hold for the original, write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import browsing
import numpy as np
import pytest
from browsing import drag, serious, until
from films import film, pictures, told
from pages import Site, running
from scenes import Scene, sway, walk

from streamblur import Settings, compose
from streamblur.faces import file
from streamblur.faces.edits import applied
from streamblur.values import Box
from streamblur.web.limits import Limits
from streamblur.web.tasks import Task

pytestmark = browsing.needed
FILM = Scene([sway(180, 150, 60, 40), walk((470, 190), (-1, 0), 80, 0, 60)], frames=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), Limits(workers=1)) as site:
        yield site


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Task, list[list[Box]]]:
    """A recording of two faces, of which one was found, and that only at times; and where both are."""
    place = tmp_path / "party.mp4"
    truth = film(place, FILM)
    told(monkeypatch, [boxes[:1] if n < 12 or n > 50 else [] for n, boxes in enumerate(truth)])
    faces = compose.detect(Settings(), place)
    file.write(faces, tmp_path / "faces.json")
    settings = Settings(preset="ultrafast", crf=14)
    return Task(place, tmp_path / "faces.json", tmp_path / "party_blurred.mp4", settings), truth


@pytest.fixture
def visit(site: Site, chromium: Any, task: tuple[Task, Any]) -> Iterator[Callable[..., Any]]:
    with browsing.visits(chromium, site.host) as open_page:

        def open_review(wanted: Task = task[0], **about: Any) -> Any:
            assert site.reviews is not None
            page = open_page(f"/review#{site.reviews.open(wanted).id}", **about)
            page.wait_for_selector(".face")
            return page

        yield open_review


def frame(page: Any) -> int:
    return int(page.locator("#seek").input_value())


def edits(task: Task) -> list[str]:
    return [str(edit["do"]) for edit in file.read(task.place).edits]


def test_from_the_first_doubt_to_the_result(visit: Callable[..., Any], task: tuple[Task, list[list[Box]]]) -> None:
    wanted, truth = task
    page = visit()
    key = page.keyboard.press
    assert page.title().startswith("party.mp4")
    doubts = page.locator(".spot").count()
    assert doubts >= 1
    key("n")
    until(page, "document.querySelector('.spot[aria-current]')")
    assert 11 < frame(page) < 52, "between what was seen"
    assert f"1 of {doubts}" in page.locator("#looked").inner_text()

    key("k")
    until(page, "document.querySelector('.eye').getAttribute('aria-checked') === 'false'")
    assert edits(wanted) == ["keep"]
    key("u")
    until(page, "document.querySelector('.eye').getAttribute('aria-checked') === 'true'")
    assert edits(wanted) == []

    key("Home")
    for _ in range(30):
        key("ArrowRight")
    until(page, "document.querySelector('#seek').value === '30'")
    key("Shift+ArrowLeft")
    until(page, "document.querySelector('#seek').value === '5'")
    key("Shift+ArrowRight")
    until(page, "document.querySelector('#seek').value === '30'")
    key("d")
    page.wait_for_selector(".layer.drawing")
    box = truth[30][1]
    drag(page, "#layer", (box.left / 640, box.top / 360), (box.right / 640, box.bottom / 360))
    page.wait_for_selector(".row.added")
    assert edits(wanted) == ["drawn"]
    track = applied(file.read(wanted.place)).tracks[-1]
    assert len(track.frames) >= 55, "followed both ways"

    key("Control+z")
    until(page, "!document.querySelector('.row.added')")
    key("Control+Shift+z")
    page.wait_for_selector(".row.added")
    key("r")
    page.wait_for_selector(".writing.done")
    assert "party_blurred.mp4 is written" in page.locator("#writing-state").inner_text()
    before, after = pictures(wanted.source), pictures(wanted.output)
    for number in (3, 30, 55):
        for face in truth[number]:
            inside = np.s_[int(face.top) : int(face.bottom), int(face.left) : int(face.right)]
            assert np.abs(before[number].astype(int) - after[number])[inside].mean() > 12, (number, face)


def test_the_original_is_shown_only_while_the_key_is_held(visit: Callable[..., Any], task: tuple[Task, Any]) -> None:
    page, asked = visit(), []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response(lambda answer: "/frames/1?" in answer.url):
        page.keyboard.press("ArrowRight")
    assert not [url for url in asked if "original" in url]
    page.keyboard.down("o")
    page.wait_for_selector("#sign", state="visible")
    assert [url for url in asked if "original=1" in url]
    asked.clear()
    page.keyboard.up("o")
    assert page.locator("#sign").is_hidden()
    until(page, "document.querySelector('#frame').naturalWidth")
    with page.expect_response(lambda answer: "/frames/2?" in answer.url):
        page.keyboard.press("ArrowRight")
    assert not [url for url in asked if "original" in url]


def test_following_a_box_says_how_far_it_is_and_stops_at_escape(
    visit: Callable[..., Any], task: tuple[Task, list[list[Box]]]
) -> None:
    wanted, truth = task
    page = visit(replace(wanted, settings=replace(wanted.settings, codec="test-slow")))
    page.keyboard.press("d")
    page.wait_for_selector(".layer.drawing")
    box = truth[0][1]
    drag(page, "#layer", (box.left / 640, box.top / 360), (box.right / 640, box.bottom / 360))
    until(page, r"/^Following the box: \d+%$/.test(document.querySelector('#tip').textContent)")
    page.keyboard.press("Escape")
    until(page, "document.querySelector('#said').textContent.startsWith('Following was stopped')")
    page.wait_for_selector("#follow-stop", state="hidden")
    assert page.locator("#notice").is_hidden()
    assert edits(wanted) == []


def test_with_the_keyboard_alone_and_in_chinese(visit: Callable[..., Any], task: tuple[Task, Any]) -> None:
    page = visit(locale="zh-CN")
    key = page.keyboard.press
    key("?")
    page.wait_for_selector("#keys[open]")
    assert page.locator("#keys dt").count() == page.locator("#keys dd").count() >= 15
    key("Escape")
    page.wait_for_selector("#keys", state="hidden")
    key("d")
    page.wait_for_selector(".drawn")
    for _ in range(3):
        key("ArrowRight")
        key("Shift+ArrowDown")
    key("Escape")
    page.wait_for_selector(".drawn", state="detached")
    key("d")
    page.wait_for_selector(".drawn")
    key("Enter")
    page.wait_for_selector(".row.added")
    key("ArrowRight")
    key("s")
    until(page, "document.querySelectorAll('.row[data-track]').length >= 3")
    key("j")
    page.wait_for_selector("#join[aria-pressed=true]")
    key("ArrowUp")
    key("Enter")
    until(page, "document.querySelectorAll('.row[data-track]').length === 2")
    assert edits(task[0]) == ["drawn", "split", "join"]
    started = frame(page)
    key("Space")
    until(page, f"document.querySelector('#seek').value > {started + 5}")
    key("Space")
    assert page.locator("#render").inner_text().startswith("写出结果")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 768), ("light", 360)])
def test_accessible_and_nothing_sticks_out(visit: Callable[..., Any], scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(
        color_scheme=scheme, viewport={"width": width, "height": 860}, bypass_csp=True, reduced_motion="reduce"
    )
    page.keyboard.press("n")
    page.keyboard.press("k")
    until(page, "document.querySelector('.eye').getAttribute('aria-checked') === 'false'")
    found = axe.run(page).response["violations"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    found += axe.run(page).response["violations"]
    assert serious(found) == []
