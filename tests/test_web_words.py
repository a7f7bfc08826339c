"""The page's words, its description, its controls: that they say the same thing everywhere."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pages import running

from streamblur.detectors.auto import ALONE
from streamblur.errors import SettingsError
from streamblur.report import LANGUAGES
from streamblur.settings import Settings
from streamblur.sinks import _codecs, _kept, _tags
from streamblur.sinks._pixels import Repacker
from streamblur.sources import _manner
from streamblur.web import access, asked, names, pages, reporting
from streamblur.web.limits import parsed_size
from streamblur.web.rates import Rate
from streamblur.web.recording import AGAIN

WORDS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (pages.ASSETS / "words").glob("*.json")}
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in (pages.ASSETS / "js").glob("*.js")}
MARKUP = "".join(path.read_text(encoding="utf-8") for path in pages.ASSETS.glob("*.html"))


def test_both_languages_say_everything_with_the_same_blanks() -> None:
    english, chinese = WORDS["en"], WORDS["zh"]
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key
    untranslated = [key for key in english if not re.search(r"[\u4e00-\u9fff]", chinese[key])]
    assert untranslated == []
    assert not re.search(r"[\u4e00-\u9fff][,;:?(]", "".join(chinese.values())), "Chinese has marks of its own"


def notes() -> list[str]:
    """What the engine may say of a file beside its result."""
    several = SimpleNamespace(audio=[1, 2], subtitles=[1], data=[1], attachments=[1, 2])
    before: Any = SimpleNamespace(streams=several, chapters=lambda: [1, 2, 3])
    found = [*_kept.told(before, Settings(), ()), *_kept.told(before, Settings(mute=True, keep="chapters"), ("title",))]
    image: Any = SimpleNamespace(info={"exif": b"x", "comment": b"x", "bit_depth": 10}, n_frames=3, format="MPO")
    found += _manner.besides(image)
    found += [f"dropped {words}" for words in (_tags._EXTRAS | _tags._LIGHT).values()]
    for before_, after in (
        ("rgba", "yuv420p"),
        ("yuv420p", "yuv444p"),
        ("bgr24", "rgb24"),
        ("rgba64le", "yuv444p10le"),
    ):
        found.append(Repacker(before_, after, 64, 48).note)
    found += _codecs.ignored(Settings(crf=20), "ffv1", frozenset())
    return [*found, ALONE, AGAIN]


def test_the_chinese_page_knows_what_the_engine_says() -> None:
    table = WORDS["notes.zh"]
    patterns = [re.compile(re.sub(r"\\{\w+\\}", ".+?", re.escape(text))) for text in table]
    assert len(notes()) > 25
    assert [note for note in notes() if not any(pattern.fullmatch(note) for pattern in patterns)] == []
    for text, told in table.items():
        assert set(re.findall(r"\{\w+\}", told)) <= set(re.findall(r"\{\w+\}", text)), text
        assert re.search(r"[\u4e00-\u9fff]", told), text


def test_the_chinese_report_knows_the_same() -> None:
    assert set(LANGUAGES) == set(names.REPORTS)
    say = reporting._language("zh")
    assert [note for note in notes() if say.known(note) == note] == []
    assert say.known("dropped: EXIF, comment").endswith("EXIF、注释")
    assert reporting._language("en").known("dropped: EXIF, comment") == "dropped: EXIF, comment"


def test_every_word_that_is_used_is_there_and_the_other_way_round() -> None:
    used = set(re.findall(r'data-(?:word|label)="(\w+)"', MARKUP))
    for text in SCRIPTS.values():
        used |= set(re.findall(r'\b(?:word|counted)\(\s*"([\w.]+)"', text))
        used |= {name for pair in re.findall(r'\? "(\w+)" : "(\w+)"', text) for name in pair if name in WORDS["en"]}
    said = {key.partition(".")[0] for key in WORDS["en"]}
    fields_of_controls = {
        "strength",
        "margin",
        "shape",
        "style",
        "boxes",
        "thorough",
        "confidence",
        "detector",
        "every",
        "sound",
    }
    errors = {key for key in said if key.startswith("error")}
    listed = {"tooLargePhoto", "tooLargeFile", "language"}
    assert {name for name in used if name.partition(".")[0] not in said} == set()
    assert said - used - fields_of_controls - errors - listed == set()


def test_every_error_that_the_page_can_name_has_a_word() -> None:
    codes = re.search(r"const CODES = \{([^}]*)\}", SCRIPTS["files.js"])
    assert codes is not None
    for name in re.findall(r'"(\w+)"', codes[1]):
        assert f"error{name}" in WORDS["en"]


def test_the_english_in_the_markup_is_that_of_the_words() -> None:
    for key, text in re.findall(r'data-word="(\w+)"[^>]*>([^<]+)<', MARKUP):
        assert WORDS["en"][key] == text, key


def test_controls_are_fields_of_settings() -> None:
    controls = SCRIPTS["controls.js"]
    names = set(re.findall(r'(?:picked|slider|toggle|menu)\("(\w+)"', controls)) - {"sound"}
    assert names <= {field.name for field in fields(Settings)}
    assert len(names) >= 9
    for style in asked.styles():
        assert f"style.{style}" in WORDS["en"], "a style without a name on the page"


def test_scripts_and_styles_are_short_files() -> None:
    for path in pages.ASSETS.rglob("*.*"):
        if path.suffix in (".js", ".css", ".html"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 200, path.name


def test_the_description_names_every_route_and_no_other(tmp_path: Path) -> None:
    described = json.loads(pages.OPENAPI.read_text(encoding="utf-8"))
    with running(tmp_path) as site:
        assert site.visitor().ask("GET", "/api/openapi.json").json == described
    from flask import Flask

    from streamblur.web.live import live
    from streamblur.web.review_routes import reviews
    from streamblur.web.routes import jobs

    app = Flask("description", static_folder=None)
    for each in (pages.pages, jobs, live, reviews):
        app.register_blueprint(each)
    routes = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        if path.startswith("/api") or path == "/upload":
            routes |= {(path, method.lower()) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    told = {(path, method) for path, item in described["paths"].items() for method in item if method != "parameters"}
    assert told == routes


@pytest.mark.parametrize(
    ("text", "size"), [("10MB", 10**7), ("2 gb", 2 * 10**9), ("1.5KB", 1500), ("512", 512), ("1GiB", 1 << 30)]
)
def test_sizes(text: str, size: int) -> None:
    assert parsed_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "0", "10 stones", "1e9"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(SettingsError):
        parsed_size(text)


def test_settings_are_checked_by_type_range_and_name() -> None:
    assert asked.settings({"strength": 2, "every": None, "style": "solid"}) == Settings(strength=2.0, style="solid")
    wrongs: list[Any] = [{"strength": "2"}, {"strength": 9}, {"every": True}, {"boxes": 1}, {"style": "os"}]
    wrongs += [{"detector": "a+b"}, {"tracker": "_sights"}, {"nothing": 1}, {"codec": "a b"}, []]
    for wrong in [*wrongs, {"confidence": float("nan")}]:
        with pytest.raises(SettingsError):
            asked.settings(wrong)


def test_a_rate_lets_through_so_many_and_then_says_how_long_to_wait() -> None:
    rate = Rate(3, 0.001)
    assert [rate.wait("a") for _ in range(3)] == [0.0] * 3
    assert rate.wait("a") > 100
    assert rate.wait("b") == 0.0


@pytest.mark.parametrize(
    ("host", "only"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.1", False)]
)
def test_what_only_this_machine_reaches(host: str, only: bool) -> None:
    assert access.loopback(host) is only


def test_listening_elsewhere_it_is_reached_by_address_but_by_no_unknown_name() -> None:
    open_access = access.Access(8080, "0.0.0.0", ("office:8080",), "token")
    assert open_access.knows("192.168.1.5:8080")
    assert open_access.knows("office:8080")
    assert not open_access.knows("evil.example:8080")
    assert not open_access.knows("192.168.1.5:80")
    assert not access.Access(8080).knows("192.168.1.5:8080")
