"""The page in a real Chromium, as people use it: files, controls, keyboard, Chinese, accessibility, camera (S16)."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import browsing
import numpy as np
import pytest
from browsing import drag, finished, press, serious, until, wait
from clips import Clip, make
from films import film, pictures
from pages import Site, photo, running
from PIL import Image
from scenes import Scene, sway

from streamblur.web import cameras
from streamblur.web.limits import Limits

pytestmark = browsing.needed


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), Limits(workers=2, photo=200_000)) as site:
        yield site


@pytest.fixture
def family(tmp_path: Path) -> Path:
    """A photo; the fixed detector of these tests sees a face at a fifth of it."""
    place = tmp_path / "family.jpg"
    place.write_bytes(photo(5, (480, 320)))
    return place


def saved(page: Any, button: str) -> bytes:
    with page.expect_download() as coming:
        page.locator(button).click()
    return Path(coming.value.path()).read_bytes()


def differ(before: bytes, after: bytes, box: tuple[float, float, float, float]) -> float:
    was, now = (np.asarray(Image.open(io.BytesIO(each)).convert("RGB"), np.float64) for each in (before, after))
    return apart(was, now, box)


FACE = (0.2, 0.2, 0.5, 0.6)


def test_a_photo_dropped_adjusted_and_saved(visit: Callable[..., Any], family: Path) -> None:
    page = visit()
    page.set_input_files("#choose", [str(family)])
    finished(page)
    assert "1 face hidden" in page.locator(".card .state").inner_text()
    assert differ(family.read_bytes(), saved(page, "#download"), FACE) > 3

    page.locator("label:has(input[value=solid])").click()
    page.wait_for_selector("#unapplied:not([hidden])")
    until(page, "document.querySelector('.compare .is').src.startsWith('blob:')")
    page.locator("#apply").click()
    page.wait_for_selector("#unapplied", state="hidden")
    finished(page)
    until(page, "document.querySelector('.compare .is').src.includes('run=2')")
    covered = np.asarray(Image.open(io.BytesIO(saved(page, "#download"))).convert("RGB"))
    assert covered[80:180, 110:230].std(axis=(0, 1)).max() < 3, "solid is one colour"

    slide = page.locator(".slide")
    slide.focus()
    for _ in range(10):
        slide.press("ArrowRight")
    assert page.locator(".compare").evaluate("e => e.style.getPropertyValue('--cut')") == "60%"


def test_a_face_is_switched_off_and_a_box_drawn(visit: Callable[..., Any], family: Path) -> None:
    page = visit()
    page.set_input_files("#choose", [str(family)])
    finished(page)
    page.locator(".chip label").click()
    page.locator("#add-box").click()
    drag(page, ".compare", (0.65, 0.6), (0.9, 0.9))
    assert page.locator(".box.added").count() == 1
    until(page, "document.querySelector('.compare .is').src.startsWith('blob:')")
    assert page.locator("#notice").is_hidden()
    page.locator("#apply").click()
    until(page, "document.querySelector('.compare .is').src.includes('run=2')")
    assert page.locator(".card .state").inner_text() == "1 face hidden, 1 left visible"
    after = saved(page, "#download")
    assert differ(family.read_bytes(), after, FACE) < 3
    assert differ(family.read_bytes(), after, (0.66, 0.62, 0.89, 0.89)) > 3


def test_a_preview_that_comes_during_a_drag_disturbs_nothing(visit: Callable[..., Any], family: Path) -> None:
    """Also not the second drag, of the box that is there by then."""
    page, asked = visit(), []
    page.route("**/preview", lambda route: asked.append(route))
    page.set_input_files("#choose", [str(family)])
    finished(page)
    before = page.locator(".compare").element_handle()
    page.locator(".chip label").click()
    page.locator("#add-box").click()
    press(page, ".compare", (0.65, 0.6), (0.8, 0.8))
    preview_comes(page, asked)
    page.locator(".chip label").focus()  # lights the face up, in the same layer
    assert page.locator(".box.drawing").count() == 1
    page.mouse.up()
    assert placed(page) == pytest.approx([0.65, 0.6, 0.8, 0.8], abs=0.01)

    press(page, ".box.added", (0.5, 0.5), (0.5, 1.0))
    moved = placed(page)
    preview_comes(page, asked)
    assert placed(page) == moved != pytest.approx([0.65, 0.6, 0.8, 0.8], abs=0.01)
    page.mouse.up()
    assert placed(page) == pytest.approx([0.65, 0.7, 0.8, 0.9], abs=0.01)
    assert before.evaluate("element => element.isConnected")


def preview_comes(page: Any, asked: list[Any]) -> None:
    """Let the server answer the preview that was asked for, and wait until the page shows it."""
    wait(page, lambda: asked)
    image = "document.querySelector('.compare .is').getAttribute('src')"
    shown = page.evaluate(image)
    asked.pop().continue_()
    until(page, f"{image}.startsWith('blob:') && {image} !== '{shown}'")


def placed(page: Any) -> list[float]:
    """Where the first added box is: left, top, right, bottom, as shares of the picture."""
    left, top, wide, high = page.locator(".box.added").first.evaluate(
        "({style}) => [style.left, style.top, style.width, style.height].map((part) => parseFloat(part) / 100)"
    )
    return [left, top, left + wide, top + high]


# The bar may be there for less than a look of ours takes.
WATCH = """() => {
    window.moving = 0;
    const count = () => { moving += document.querySelectorAll(".card progress:not([hidden])").length };
    new MutationObserver(count).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def test_a_recording_shows_progress_plays_and_previews(visit: Callable[..., Any], tmp_path: Path) -> None:
    clip = make(tmp_path / "party.mp4", Clip(times=tuple(range(75)), size=(640, 360)))
    page = visit()
    page.evaluate(WATCH)
    page.set_input_files("#choose", [str(clip)])
    finished(page)
    assert page.evaluate("moving") > 0
    assert "face" in page.locator("#faces-title").inner_text()
    until(page, "document.querySelector('video.is').readyState >= 2")
    page.locator("#seek").fill("500")
    until(page, "Math.abs(document.querySelector('video.is').currentTime - 1.5) < 0.3")
    until(page, "Math.abs(document.querySelector('video.was').currentTime - 1.5) < 0.3")
    page.locator("label:has(input[value=pixelate])").click()
    until(page, "document.querySelector('img.is').naturalWidth === 640")
    page.locator("#undo").click()
    page.wait_for_selector("video.is")
    assert saved(page, "#download")[4:8] == b"ftyp"


def test_somebody_in_a_recording_is_left_visible_and_a_box_drawn(visit: Callable[..., Any], tmp_path: Path) -> None:
    clip = tmp_path / "party.mp4"
    missed = film(clip, Scene([sway(500, 200, 60, 10)], frames=20))[10][0]
    box = missed.left / 640, missed.top / 360, missed.right / 640, missed.bottom / 360
    page = visit()
    page.evaluate("localStorage.setItem('settings', JSON.stringify({ codec: 'test-slow' }))")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.set_input_files("#choose", [str(clip)])
    finished(page)
    until(page, "document.querySelector('video.is').readyState >= 2")
    page.locator("#seek").fill("500")
    page.locator(".chip label").click()
    until(page, "document.querySelector('img.is').naturalWidth === 640")
    page.locator("#add-box").click()
    page.wait_for_selector(".compare.drawing")
    drag(page, ".compare", box[:2], box[2:])
    assert page.locator(".box.added").count() == 1
    page.locator(".chip .when").click()  # to another moment: the box is not shown there before it is followed
    page.wait_for_selector(".box.added", state="detached")
    page.locator("#apply").click()
    until(page, r"/^Following the box: \d+%$/.test(document.querySelector('.card .state').textContent)")
    until(page, "document.querySelector('.card progress').value > 0.3")
    until(page, "document.querySelector('video.is').src.includes('run=2')")
    assert page.locator(".chip").count() == 2, "the box is somebody to be switched off now"
    assert page.locator(".chip input").first.is_checked() != page.locator(".chip input").nth(1).is_checked()
    (tmp_path / "after.mp4").write_bytes(saved(page, "#download"))
    before, after = (pictures(place)[10] for place in (clip, tmp_path / "after.mp4"))
    assert apart(before, after, FACE) < 3
    assert apart(before, after, box) > 8


def apart(before: Any, after: Any, box: tuple[float, float, float, float]) -> float:
    high, wide = before.shape[:2]
    part = np.s_[int(box[1] * high) : int(box[3] * high), int(box[0] * wide) : int(box[2] * wide)]
    return float(np.abs(before[part].astype(float) - after[part]).mean())


def test_cancel_and_remove_leave_nothing(visit: Callable[..., Any], site: Site, tmp_path: Path) -> None:
    clip = make(tmp_path / "long.mp4", Clip(times=tuple(range(400)), size=(1280, 720)))
    page = visit()
    before = len(site.office.all())
    page.set_input_files("#choose", [str(clip)])
    page.wait_for_selector(".card.running")
    page.locator(".drop-one").click()
    page.wait_for_selector("#work", state="hidden")
    wait(page, lambda: len(site.office.all()) == before)


def test_what_is_refused_is_told_in_a_sentence(visit: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "big.jpg").write_bytes(bytes(300_000))
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(500))
    (tmp_path / "<img src=x onerror=document.title=1>.jpg").write_bytes(photo(1))
    page = visit()
    page.set_input_files("#choose", [str(path) for path in sorted(tmp_path.iterdir())])
    said = page.locator("#notice").inner_text()
    assert "big.jpg is 300 KB; a photo may have 200 KB." in said
    assert "notes.txt is neither" in said
    page.wait_for_selector(".card.failed")
    assert page.locator(".card.failed .state").inner_text().endswith(".")
    finished(page)
    assert page.title() == "streamblur"


def test_chinese_by_the_browsers_language_and_by_choice(visit: Callable[..., Any], family: Path) -> None:
    page = visit(locale="zh-CN")
    assert page.locator("h1").first.inner_text() == "隐藏照片和视频中的人脸"
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    with Image.open(family) as image:
        image.save(family, comment=b"mine", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    page.set_input_files("#choose", [str(family)])
    finished(page)
    assert page.locator(".card .state").inner_text() == "已隐藏 1 张人脸"
    assert page.locator("#notes li").inner_text().endswith("EXIF、注释")
    assert "发现 1 张人脸" in report(page)
    page.locator("#language").click()
    until(page, "document.querySelector('.card .state').textContent === '1 face hidden'")
    assert page.locator("#notes li").all_inner_texts() == ["dropped: EXIF, comment"]
    assert "1 face was found" in report(page)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    finished(page)  # the job is still known after the page was loaded again
    assert page.locator("#panel h2").inner_text() == "How faces are hidden"


def report(page: Any) -> str:
    """The report that the page leads to."""
    href = page.locator("#report").evaluate("link => link.href")
    return str(page.context.request.get(href).text())


def test_keyboard_only(visit: Callable[..., Any], family: Path) -> None:
    page = visit()
    choosers: list[Any] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))

    def tab_to(selector: str, most: int = 40) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab never reached {selector}")

    tab_to(".skip")
    tab_to("#tab-files")
    page.keyboard.press("ArrowRight")
    assert page.locator("#live").is_visible()
    page.keyboard.press("ArrowLeft")
    tab_to("#choose")
    page.keyboard.press("Space")
    wait(page, lambda: choosers)
    choosers[0].set_files(str(family))
    finished(page)
    tab_to("#add-box")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.matches('.box.added')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    tab_to("#apply", 60)
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.compare .is').src.includes('run=2')")
    outlined = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outlined is not None
    tab_to(".chip input", 80)
    page.keyboard.press("Space")
    page.wait_for_selector("#unapplied:not([hidden])")
    tab_to(".drop-one", 80)
    page.keyboard.press("Enter")
    page.wait_for_selector("#work", state="hidden")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_accessibility_has_no_serious_finding(
    visit: Callable[..., Any], family: Path, tmp_path: Path, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(
        color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True, reduced_motion="reduce"
    )
    found = axe.run(page).response["violations"]
    page.set_input_files("#choose", [str(family)])
    finished(page)
    page.locator("summary").click()
    page.locator("label:has(input[value=solid])").click()
    until(page, "document.querySelector('.compare .is').src.startsWith('blob:')")
    found += axe.run(page).response["violations"]
    page.set_input_files("#choose", [str(make(tmp_path / "party.mp4", Clip(size=(320, 180))))])
    finished(page, 2)
    page.locator(".card .open").nth(1).click()
    page.locator(".chip label").click()
    page.wait_for_selector("img.is[src^='blob:']")
    found += axe.run(page).response["violations"]
    page.locator("#tab-live").click()
    found += axe.run(page).response["violations"]
    assert serious(found) == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out_at_any_width(visit: Callable[..., Any], family: Path, width: int) -> None:
    page = visit(viewport={"width": width, "height": 800})
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if not page.locator(".card").count():
            page.set_input_files("#choose", [str(family)])
            finished(page)
    small = page.evaluate(
        "[...document.querySelectorAll('button, a.button, select')].filter(e => e.offsetParent && e.offsetHeight < 34 "
        "&& !e.matches('.open, .box')).map(e => e.outerHTML)"
    )
    assert small == []


def asked_last(asked: list[bool], on: bool) -> bool:
    return asked[-1:] == [on]


def test_s16_the_camera_waits_for_a_click_and_stops_on_leaving(
    visit: Callable[..., Any], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a camera that counts: opened once, after the click; given back when the tab is left; frames never cached."""
    opened: list[str] = []
    stopped: list[str] = []
    hidden: list[bool] = []
    jpeg = photo(7, (64, 48))

    class Fake:
        problem = ""

        def __init__(self, office: Any, owner: str, settings: Any, device: str) -> None:
            self.id, self.owner = "c" * 32, owner
            opened.append(device)

        def ready(self, gone: Callable[[], bool]) -> bool:
            return True

        def look_after(self) -> bool:
            return True

        def frames(self, gone: Callable[[], bool]) -> Generator[bytes, None, None]:
            while not stopped:
                yield jpeg
                time.sleep(0.05)

        def panic(self, on: bool) -> None:
            hidden.append(on)

        def close(self) -> None:
            stopped.append(self.id)

    monkeypatch.setattr(cameras, "Camera", Fake)
    page = visit()
    page.locator("#tab-live").click()
    assert opened == []
    with page.expect_response(lambda answer: "/api/live/" in answer.url) as coming:
        page.locator("#live-start").click()
    assert coming.value.headers["cache-control"] == "no-store"
    until(page, "document.querySelector('#live-picture img')?.naturalWidth === 64")
    assert opened == ["0"]
    for on in (True, False):
        page.locator("#live-panic").click()
        wait(page, partial(asked_last, hidden, on))
        until(page, f"document.querySelector('#live-picture.hidden') {'!' if on else '='}== null")
    page.locator("#tab-files").click()
    wait(page, lambda: stopped)
    assert len(stopped) == 1
    assert page.locator("#live-picture img").count() == 0
