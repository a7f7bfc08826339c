"""The page in a real Chromium, part by part: each control, each way to bring files, how far they are, all at once."""

from __future__ import annotations

import base64
import contextlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import browsing
import numpy as np
import pytest
from browsing import finished, serious, until, wait
from clips import Clip, make
from pages import Site, photo, running
from PIL import Image

from streamblur.settings import Settings
from streamblur.web.limits import Limits

pytestmark = browsing.needed


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), Limits(workers=2)) as site:
        yield site


def chosen(place: str, index: int) -> Callable[[Any], None]:
    return lambda page: page.locator(place).select_option(index=index)


def clicked(place: str) -> Callable[[Any], None]:
    return lambda page: page.locator(place).click()


def moved(place: str, value: str) -> Callable[[Any], None]:
    return lambda page: page.locator(place).fill(value)


CONTROLS: dict[str, tuple[Callable[[Any], None], Any]] = {
    "style": (clicked("label:has(input[value=pixelate])"), "pixelate"),
    "strength": (moved("#strength", "3"), 3),
    "margin": (moved("#margin", "0.5"), 0.5),
    "shape": (clicked("label:has(input[name=shape]:not(:checked))"), "ellipse" if Settings().shape == "box" else "box"),
    "boxes": (clicked("#boxes"), True),
    "detector": (chosen("#detector", 1), "mediapipe"),
    "every": (chosen("#every", 1), 1),
    "confidence": (moved("#confidence", "0.5"), 0.5),
    "thorough": (clicked("#thorough"), True),
    "mute": (chosen("#sound", 1), True),
}


def test_each_control_is_seen_in_a_preview_at_once(visit: Callable[..., Any]) -> None:
    page = visit()
    page.set_input_files("#choose", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo(5, (480, 320))})
    finished(page)
    page.locator("#panel summary").click()
    asked: list[dict[str, Any]] = []

    def listen(request: Any) -> None:
        if "/preview" in request.url:
            asked.append(request.post_data_json["settings"])

    page.on("request", listen)
    image = "document.querySelector('.compare .is').getAttribute('src')"
    for name, (act, value) in CONTROLS.items():
        before = page.evaluate(image)
        act(page)
        wait(page, lambda name=name, value=value: asked and asked[-1][name] == value)  # type: ignore[misc]
        until(page, f"{image} !== '{before}' && {image}.startsWith('blob:')")
    assert page.locator("#notice").is_hidden()
    page.locator("#apply").click()
    until(page, "document.querySelector('.compare .is').src.includes('run=2')")
    with page.expect_download() as coming:
        page.locator("#download").click()
    assert green(Path(coming.value.path()).read_bytes()) > 100, "the frames to check by"
    assert green(photo(5, (480, 320))) == 0


def green(jpeg: bytes) -> int:
    """How many pixels are of a plain green."""
    red, middle, blue = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"), int).transpose(2, 0, 1)
    return int(((middle > 200) & (red < 90) & (blue < 90)).sum())


BRING = """([how, name, data]) => {
    const carried = new DataTransfer();
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
    const about = { bubbles: true, cancelable: true };
    const place = document.querySelector("#drop");
    if (how === "paste") return place.dispatchEvent(new ClipboardEvent("paste", { ...about, clipboardData: carried }));
    return place.dispatchEvent(new DragEvent(how, { ...about, dataTransfer: carried }));
}"""


def test_files_are_dropped_and_pasted(visit: Callable[..., Any]) -> None:
    page = visit()
    picture = base64.b64encode(photo(6, (320, 200))).decode()
    page.locator("#tab-live").click()
    for how in ("dragenter", "dragover"):
        page.evaluate(BRING, [how, "party.jpg", picture])
    assert page.evaluate("document.body.classList.contains('dragging')")
    page.evaluate(BRING, ["drop", "party.jpg", picture])
    assert not page.evaluate("document.body.classList.contains('dragging')")
    finished(page)
    assert page.locator("#files").is_visible()
    page.evaluate(BRING, ["paste", "image.png", picture])
    finished(page, 2)
    assert page.locator(".card .name").all_inner_texts() == ["party.jpg", "image.png"]


def test_many_at_once_and_all_of_them_saved(visit: Callable[..., Any], tmp_path: Path) -> None:
    places = [tmp_path / f"{n}.jpg" for n in range(7)]
    for n, place in enumerate(places):
        place.write_bytes(photo(n, (200 + n, 160)))
    page = visit()
    page.set_input_files("#choose", [str(place) for place in places])
    finished(page, 7)
    assert page.locator("#count").inner_text() == "7 of 7 ready"
    with page.expect_download() as coming:
        page.locator("#all").click()
    with zipfile.ZipFile(coming.value.path()) as archive:
        assert sorted(archive.namelist()) == [f"{n}_blurred.jpg" for n in range(7)]
        sizes = [Image.open(io.BytesIO(archive.read(f"{n}_blurred.jpg"))).size for n in range(7)]
    assert sizes == [(200 + n, 160) for n in range(7)]


def test_all_are_changed_and_removed_together(visit: Callable[..., Any], site: Site, tmp_path: Path) -> None:
    places = [tmp_path / f"{n}.jpg" for n in range(2)]
    for n, place in enumerate(places):
        place.write_bytes(photo(n, (320, 200)))
    kept = len(site.office.all())
    page = visit()
    page.set_input_files("#choose", [str(place) for place in places])
    finished(page, 2)
    page.locator("label:has(input[value=solid])").click()
    page.locator("#apply-all").click()
    until(page, "document.querySelector('.compare .is').src.includes('run=2')")
    finished(page, 2)
    jobs = site.office.all()[-2:]
    wait(page, lambda: [(job.run, job.state, job.settings.style) for job in jobs] == [(2, "done", "solid")] * 2)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#clear").click()
    page.wait_for_selector("#work", state="hidden")
    wait(page, lambda: len(site.office.all()) == kept)


def test_a_full_queue_is_waited_for_and_a_lost_server_is_told(chromium: Any, tmp_path: Path) -> None:
    refused: list[int] = []
    with contextlib.ExitStack() as server:
        site = server.enter_context(running(tmp_path, Limits(workers=1, waiting=1)))
        with browsing.visits(chromium, site.host) as visit:
            page = visit()
            page.evaluate("localStorage.setItem('settings', JSON.stringify({ codec: 'test-sleep' }))")
            page.reload()
            page.wait_for_selector("html[data-ready]")
            page.on("response", lambda answer: refused.append(answer.status) if answer.status == 429 else None)
            files = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": photo(n)} for n in range(6)]
            page.set_input_files("#choose", files)
            finished(page, 6)
            assert refused
            assert page.locator("#notice").is_hidden()
            server.close()
            until(page, "document.querySelector('#notice p').textContent.startsWith('The connection to streamblur')")


def test_a_recording_tells_its_pace_and_the_time_left(visit: Callable[..., Any], tmp_path: Path) -> None:
    clip = make(tmp_path / "long.mp4", Clip(times=tuple(range(600)), size=(1280, 720)))
    page = visit()
    page.set_input_files("#choose", [str(clip)])
    until(page, r"/^\d+% · \d+(\.\d)? fps · \d+:\d\d left$/.test(document.querySelector('.card .state').textContent)")
    page.locator(".drop-one").click()
    page.wait_for_selector("#work", state="hidden")


@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("en", 360, "dark"), ("zh", 360, "light"), ("zh", 1280, "dark")]
)
def test_the_report_is_readable_at_any_width(
    visit: Callable[..., Any], tmp_path: Path, language: str, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    about = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "bypass_csp": True}
    page = visit(locale=language, **about)
    page.set_input_files("#choose", [str(make(tmp_path / "party.mp4", Clip(times=tuple(range(60)), size=(320, 180))))])
    finished(page)
    page.goto(page.locator("#report").evaluate("link => link.href"))
    assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-Hans"}[language]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("Math.max(...[...document.querySelectorAll('tr')].map((row) => row.offsetHeight))") < 120
    assert serious(axe.run(page).response["violations"]) == []


def test_a_review_of_a_file_replaces_its_result(visit: Callable[..., Any], tmp_path: Path) -> None:
    clip = make(tmp_path / "party.mp4", Clip(times=tuple(range(25)), size=(320, 180)))
    page = visit()
    page.set_input_files("#choose", [str(clip)])
    finished(page)
    assert page.locator(".compare .was").get_attribute("src").startswith("blob:"), "before stays in the browser"
    review = page.context.new_page()
    review.set_default_timeout(1000 * browsing.PATIENCE)
    review.goto(page.locator("#review").evaluate("link => link.href"))
    review.wait_for_selector("html[data-ready]")
    assert review.locator("#title").inner_text() == "party.mp4"
    review.locator(".eye").click()
    until(review, "document.querySelector('.eye').getAttribute('aria-checked') === 'false'")
    review.keyboard.press("r")
    review.wait_for_selector(".writing.done")
    until(page, "document.querySelector('video.is').src.endsWith('run=1.1')")
    until(page, "document.querySelector('.card .state').textContent === '1 face hidden, 1 left visible'")


def test_the_door_opens_with_the_token(chromium: Any, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    token = "a-token-of-good-length"
    with running(tmp_path, token=token) as site, browsing.visits(chromium, site.host) as visit:
        page = visit(bypass_csp=True)
        assert serious(axe.run(page).response["violations"]) == []
        for said in ("something else", token):
            page.locator("#token").fill(said)
            page.keyboard.press("Enter")
            page.wait_for_selector("#wrong:not([hidden])" if said != token else "#drop")
        page.wait_for_selector("html[data-ready]")
        linked = visit(f"/#{token}")
        linked.wait_for_selector("#drop")
        assert linked.evaluate("location.hash") == "", "the token does not stay in the address"


def test_its_language_is_kept_and_its_colours_follow(visit: Callable[..., Any]) -> None:
    page = visit(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.locator("#theme").click()
    until(page, f"{ground} !== '{dark}'")
    page.locator("#language").click()
    until(page, "document.documentElement.lang === 'zh-Hans'")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.evaluate(ground) != dark
