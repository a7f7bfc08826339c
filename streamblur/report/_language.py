"""What a report says in a language: in English as it is written here, in another by a table beside this file.

``words`` in the table has an entry for each text of the report, ``sentences`` for those that come finished from
elsewhere; ``{names}`` stand for what changes in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

LANGUAGES = {"en": "en", "zh": "zh-Hans"}
"""What a report can be written in, and what HTML calls it."""


class Language:
    """Says texts in one of LANGUAGES; ``sentences`` are more that come finished. What is not known stays English."""

    def __init__(self, name: str = "en", sentences: Mapping[str, str] | None = None) -> None:
        self.tag = LANGUAGES[name]
        table = {"words": {}, "sentences": {}} if name == "en" else _table(name)
        self._words: dict[str, str] = table["words"]
        self._sentences = table["sentences"] | dict(sentences or {})
        self._gap = " " if name == "en" else ""

    def __call__(self, text: str, **values: str) -> str:
        return self._words.get(text, text).format(**values)

    def many(self, count: int, one: str, more: str, **values: str) -> str:
        """The text that goes with this ``{count}``."""
        return self(one if count == 1 else more, count=f"{count:,}", **values)

    def joined(self, *sentences: str) -> str:
        """One after the other."""
        return self._gap.join(sentences)

    def known(self, sentence: str) -> str:
        """A finished sentence, such as a note; of a ``{list}`` each part by itself."""
        for pattern, told in self._patterns:
            if found := pattern.fullmatch(sentence):
                values = found.groupdict()
                if "list" in values:
                    values["list"] = "、".join(map(self.known, values["list"].split(", ")))
                return told.format(**values)
        return sentence

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        return [
            (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(text)), re.DOTALL), told)
            for text, told in self._sentences.items()
        ]


def _table(name: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name(f"words.{name}.json").read_text(encoding="utf-8")
    )
    return found
