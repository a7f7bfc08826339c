"""A contact sheet: a page with a small picture of every output, such as those of a batch of photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamblur.report._page import document, image, text


@dataclass(frozen=True, slots=True)
class Card:
    """One file on the sheet: its name without a folder, the faces hidden, what became of it in ``words`` and whether
    that is ``good`` or ``bad`` (empty: neither), and a JPEG of what was written (None: none)."""

    name: str
    faces: int
    words: str
    kind: str = ""
    jpeg: bytes | None = None


def contact_sheet(cards: Sequence[Card]) -> str:
    """The whole page; it needs nothing else, and shows nothing but what was written."""
    faces, bad = sum(card.faces for card in cards), sum(card.kind == "bad" for card in cards)
    words = f"{len(cards)} files, {faces} faces hidden" + (f", {bad} to look at" if bad else "") + "."
    head = f'<header><p class="brand">streamblur contact sheet</p><h1>{text(words)}</h1></header>'
    cells = "".join(_cell(card) for card in sorted(cards, key=lambda card: (card.kind != "bad", card.name)))
    return document("contact sheet", head + f'<section><div class="sheet">{cells}</div></section>')


def _cell(card: Card) -> str:
    shown = image(card.jpeg, card.name) if card.jpeg is not None else '<div class="none">no picture</div>'
    faces = f"{card.faces} face{'' if card.faces == 1 else 's'}"
    outcome = f'<span>{faces} · <i class="{card.kind}">{text(card.words)}</i></span>'
    return f"<figure>{shown}<figcaption><b>{text(card.name)}</b>{outcome}</figcaption></figure>"
