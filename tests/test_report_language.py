"""The report in Chinese: nothing of it stays English, and every number is the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from test_report import made

from streamblur import Settings, rooms
from streamblur.detectors._eyes import ALONE
from streamblur.findings import Verified
from streamblur.report import LANGUAGES, Language, Picture, Told, as_page
from streamblur.report._language import _table

NAMES = re.compile(r"\b(streamblur|MediaPipe|YuNet|CenterFace|JSON|a\.mp4|dropped 1 <b>data</b> track)\b|--verify")
"""What is called so in every language: programs, files; and a note that no table knows."""
NUMBER = re.compile(r"\d[\d.,:]*\d|\d")


class Shown(HTMLParser):
    """Collects what a reader sees or hears: text but names of settings and hashes, and what pictures are called."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("alt", "aria-label", "title")]
        if tag in ("meta", "img"):
            self.inside.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"style", "dl", "code"} & set(self.inside):
            self.found.append(data)


def recording(frames: int = 40, tracks: int = 2) -> Told:
    """As ``made``, looked at again with eyes that there are."""
    told = made(frames, tracks)
    assert told.verified is not None
    eyes = ("MediaPipe, mirrored, with close-ups", "YuNet, mirrored, at 1280 and 480 pixels", "CenterFace", ALONE)
    return replace(told, verified=replace(told.verified, eyes=eyes))


def checked(**otherwise: Any) -> Verified:
    found = recording().verified
    assert found is not None
    return replace(found, **otherwise)


def shown(page: str) -> str:
    reader = Shown()
    reader.feed(page)
    return " | ".join(reader.found)


def chosen(told: Told) -> Told:
    """With everything that somebody can decide, and a face by hand."""
    tracks = (replace(told.faces.tracks[0], added=True), *told.faces.tracks[1:])
    faces = replace(told.faces, regions=("1,2,3,4",), excluded=("5,6,7,8",), tracks=tracks)
    return replace(told, faces=faces, settings={"style": "solid", "keep_face": (1, 2)}, rounds=1)


def doubtful(told: Told, count: int) -> Told:
    """With every kind of doubt on so many faces; of many, more than are shown at once."""
    track = told.faces.tracks[0]
    weak, brief = replace(track, scores=track.scores // 4), np.s_[:3]
    seen = np.zeros_like(track.by)
    seen[0] = 1
    small = replace(track, boxes=track.boxes // 20, scores=np.where(seen, 900, track.scores))
    parts = [getattr(track, name)[brief] for name in ("frames", "boxes", "by", "scores")]
    short = replace(track, frames=parts[0], boxes=parts[1], by=parts[2] * 0 + 1, scores=parts[3] * 0 + 900)
    lost = replace(track, by=seen, scores=seen * 900)
    kinds = [weak, small, short, lost, replace(track, by=seen * 0)]
    tracks = tuple(replace(kinds[n % 5], id=n) for n in range(count))
    return replace(told, faces=replace(told.faces, tracks=tracks))


def nobody(told: Told) -> Told:
    faces = replace(told.faces, tracks=(), curtain=told.faces.curtain[:0])
    return replace(told, faces=faces, verified=None, summary=replace(told.summary, tracks=0, covered=0, notes=()))


def still(told: Told) -> Told:
    return replace(told, summary=replace(told.summary, still=True))


CASES: dict[str, Callable[[], Told]] = {
    "a recording": lambda: replace(recording(), pictures=(Picture(None, 3, b"x"), Picture(1, 3, b"x"))),
    "one face found again": lambda: replace(recording(40, 1), verified=checked(findings=())),
    "looked at without the original": lambda: replace(recording(), verified=checked(by_content=False), rounds=2),
    "decided by hand": lambda: chosen(recording()),
    "doubts": lambda: doubtful(recording(90), 10),
    "more than are shown": lambda: doubtful(recording(90), 600),
    "nobody": lambda: nobody(recording()),
    "a photo": lambda: still(recording(1, 2)),
    "a photo of one": lambda: still(replace(recording(1, 1), pictures=(Picture(None, 0, b"x"),))),
    "a moving picture": lambda: still(recording(3, 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_nothing_stays_english_and_numbers_are_the_same(name: str) -> None:
    told = CASES[name]()
    english, chinese = as_page(told), as_page(told, Language("zh"))
    assert '<html lang="zh-Hans">' in chinese
    assert '<html lang="en">' in english
    left = NAMES.sub("", shown(chinese).replace("px", ""))
    assert re.findall(r"[A-Za-z]{2,}[^|]*", left) == []
    assert Counter(NUMBER.findall(shown(chinese))) == Counter(NUMBER.findall(shown(english)))
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 200


def test_all_of_the_table_is_used() -> None:
    """So that nothing in it is forgotten when the English changes."""
    pages = " ".join(shown(as_page(case(), Language("zh"))) for case in CASES.values())
    table = _table("zh")
    patterns = {
        text: re.escape(told).replace(r"\{", "{").replace(r"\}", "}")
        for part in table.values()
        for text, told in part.items()
    }
    found = {text for text, told in patterns.items() if re.search(re.sub(r"\{\w+\}", ".*?", told), pages)}
    assert set(patterns) - found <= {"pixelate", "picture"}, "styles that the cases do not have"


def test_the_table_has_the_same_blanks_and_marks_of_its_own() -> None:
    for part in _table("zh").values():
        for text, told in part.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", told)), text
            assert re.search(r"[\u4e00-\u9fff]", told), text
            assert not re.search(r"[\u4e00-\u9fff][,;:?(]", told), text


def test_the_eyes_that_there_are_are_known() -> None:
    say = Language("zh")
    with closing(rooms.eyes(Settings(), 1280)) as eyes:
        assert [name for name in eyes.names if say.known(name) == name and name != "CenterFace"] == []


def test_what_is_not_known_stays_as_it_is() -> None:
    say = Language("zh", {"dropped {list}": "已去除{list}", "comment": "注释"})
    assert say.known("dropped EXIF, comment") == "已去除EXIF、注释"
    assert say.known("something new") == "something new"
    assert say("something {new}", new="x") == "something x"
    assert Language().known("dropped: EXIF") == "dropped: EXIF"
    assert list(LANGUAGES) == ["en", "zh"]
