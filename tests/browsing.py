"""A real Chromium for the tests of the page: opened, watched, and waited for on however slow a machine."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needed = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here (Debian: apt-get install chromium)")
playwright = pytest.importorskip("playwright.sync_api")
SERIOUS = ("serious", "critical")
PATIENCE = 120.0
"""Seconds that anything may take: two cores that others keep busy as well."""


@contextlib.contextmanager
def launched() -> Iterator[Any]:
    """A browser."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@contextlib.contextmanager
def visits(chromium: Any, host: str) -> Iterator[Callable[..., Any]]:
    """Opens pages in fresh profiles; fails when a script failed or anything else than the page was asked."""
    opened: list[Any] = []
    wrong: list[str] = []
    own = (f"http://{host}/", f"blob:http://{host}/")

    def open_page(path: str = "/", **about: Any) -> Any:
        context = chromium.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **about})
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(own) else None)
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"http://{host}{path}")
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in opened:
        context.close()
    assert wrong == []


def until(page: Any, expression: str, limit: float = PATIENCE) -> None:
    """Wait until it is true (Playwright's own way would need eval in the page, which its policy refuses); what is not
    there meanwhile counts as false."""
    deadline = time.monotonic() + limit
    while not page.evaluate(f"() => {{ try {{ return Boolean({expression}) }} catch {{ return false }} }}"):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(30)


def finished(page: Any, count: int = 1) -> None:
    """Wait until so many files are done."""
    until(page, f"document.querySelectorAll('.card.done').length === {count}")


def wait(page: Any, done: Callable[[], object], limit: float = PATIENCE) -> None:
    """Wait until something outside the page is true, while the page goes on."""
    deadline = time.monotonic() + limit
    while not done():
        assert time.monotonic() < deadline
        page.wait_for_timeout(30)


def drag(page: Any, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press at one place of the element, move, and let go at another; places are shares of it."""
    press(page, selector, start, end)
    page.mouse.up()


def press(page: Any, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """As ``drag``, but still held."""
    area = page.locator(selector).bounding_box()
    (x, y), (u, v) = ((area["x"] + area["width"] * x, area["y"] + area["height"] * y) for x, y in (start, end))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(u, v, steps=4)


def serious(found: list[dict[str, Any]]) -> list[Any]:
    """What of axe's findings is serious."""
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found if each["impact"] in SERIOUS]
