"""The report as one HTML page that needs nothing else: no network, no script, opens from disk."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from streamblur.report._language import Language
from streamblur.report._plot import code, timeline
from streamblur.report._told import File, Told
from streamblur.report._tracks import MOST, Row, Spot, rows, spots
from streamblur.report._words import bound, limits, summary, verdict

FIRST = 20
"""Places to look at that are shown at once."""
LISTED = 500
"""Faces listed at most; all of them are in the JSON report."""


def as_page(told: Told, say: Language | None = None) -> str:
    """The whole page, in English unless told otherwise."""
    say = say or Language()
    findings = told.verified.findings if told.verified is not None else ()
    word, kind = verdict(told, say)
    body = [
        f'<header><p class="brand">{say("streamblur report")}</p><h1>{text(told.output.name)}</h1>',
        f'<p class="verdict {kind}">{text(word)}</p></header>',
        _section(say("Summary"), _paragraphs(summary(told, say)) + _cover(told, say)),
        _section(say("Over time"), _plot(told, say)),
        _section(say("Look here"), _spots(spots(told.faces, findings), say)),
        _section(say("Faces"), _faces(rows(told.faces), told, say)),
        _section(say("How sure is this"), _paragraphs((*bound(say), *limits(say)))),
        _section(say("Kept, dropped and changed"), _notes(told.summary.notes, say)),
        _section(say("Files and settings"), _files(told, say) + _settings(told)),
    ]
    return document(told.output.name, "".join(body), say.tag)


def document(title: str, body: str, tag: str = "en") -> str:
    """An HTML page in the language of this tag."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="{tag}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>{text(title)} · streamblur</title><style>{style}</style></head>'
        f"<body><main>{body}</main></body></html>\n"
    )


def text(text: object) -> str:
    """Text that cannot become markup, with what cannot be printed shown as a code, so that no name plays tricks."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in str(text))
    return escape(shown)


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{title}</h2>{inner}</section>"


def _paragraphs(sentences: Iterable[str]) -> str:
    return "".join(f"<p>{text(sentence)}</p>" for sentence in sentences)


def _notes(notes: Sequence[str], say: Language) -> str:
    if not notes:
        return f"<p>{say('Nothing but picture and sound was found.')}</p>"
    return "<ul>" + "".join(f"<li>{text(say.known(note))}</li>" for note in notes) + "</ul>"


def _wide(inner: str, kind: str = "wide") -> str:
    """What may be wider than the page: it can be scrolled, with the keyboard, too."""
    return f'<div class="{kind}" tabindex="0">{inner}</div>'


def image(jpeg: bytes, what: str) -> str:
    return f'<img alt="{text(what)}" src="data:image/jpeg;base64,{b64encode(jpeg).decode()}">'


def _cover(told: Told, say: Language) -> str:
    whole = next((p for p in told.pictures if p.track is None), None)
    if whole is None:
        return ""
    frame = told.faces.frame(whole.pts)
    caption = say("The output.")
    if frame is not None and not told.summary.still:
        caption = say("The output at {time}.", time=code(told.faces.seconds(frame)))
    shown = image(whole.jpeg, say("the output"))
    return f'<figure class="whole">{shown}<figcaption>{caption}</figcaption></figure>'


def _plot(told: Told, say: Language) -> str:
    if told.summary.still or len(told.faces.times) < 2:
        return f"<p>{say('A picture has no timeline.')}</p>"
    findings = told.verified.findings if told.verified is not None else ()
    return _wide(timeline(told.faces, findings, say), "plot")


def _spots(found: Sequence[Spot], say: Language) -> str:
    if not found:
        return f"<p>{say('Nothing stands out. That is no proof: watch what matters to you.')}</p>"
    more = say("The {count} riskiest are listed.", count=str(MOST))
    more = f"<p>{more}</p>" if len(found) == MOST else ""
    if len(found) <= FIRST + 5:
        return _spot_table(found, say) + more
    others = say("{count} more", count=str(len(found) - FIRST))
    rest = f"<details><summary>{others}</summary>{_spot_table(found[FIRST:], say)}</details>"
    return _spot_table(found[:FIRST], say) + rest + more


def _spot_table(found: Sequence[Spot], say: Language) -> str:
    lines = "".join(
        f'<tr><td class="time">{_when(spot, say)}</td><td><span class="bar" style="--risk:{spot.risk:.2f}"></span></td>'
        f"<td class='why'>{text(say.known(spot.why))}</td>"
        f"<td class='num'>{'' if spot.track is None else spot.track}</td></tr>"
        for spot in found
    )
    head = (
        f"<tr><th class='time'>{say('Time')}</th><th>{say('Risk')}</th><th class='why'>{say('Why')}</th>"
        f"<th class='num'>{say('Face')}</th></tr>"
    )
    return _wide(f"<table><thead>{head}</thead><tbody>{lines}</tbody></table>")


def _when(spot: Spot, say: Language) -> str:
    if spot.end - spot.time < 0.1:
        return code(spot.time, 2)
    return say("{start} to {end}", start=code(spot.time), end=code(spot.end))


def _faces(found: Sequence[Row], told: Told, say: Language) -> str:
    if not found:
        return f"<p>{say('No face was found.')}</p>"
    images = {p.track: image(p.jpeg, say("face {number}, hidden", number=str(p.track))) for p in told.pictures}
    lines = "".join(_face(row, images.get(row.track, ""), say) for row in found[:LISTED])
    names = ("Face", "From", "To", "Width, px", "Lowest score", "Frames", "Predicted only")
    head = f"<th>{say('As written')}</th>" + "".join(f"<th class='num'>{say(name)}</th>" for name in names)
    more = say("{count} more are in the JSON report.", count=str(len(found) - LISTED))
    more = f"<p>{more}</p>" if len(found) > LISTED else ""
    return _wide(f"<table class='faces'><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>") + more


def _face(row: Row, image: str, say: Language) -> str:
    share, number = row.predicted / row.frames, str(row.track)
    cells = (
        say("{number} (by hand)", number=number) if row.added else number,
        code(row.start),
        code(row.end),
        say("{start} to {end}", start=f"{row.smallest:.0f}", end=f"{row.largest:.0f}"),
        f"{row.lowest:.2f}" if row.predicted < row.frames else say("none"),
        f"{row.frames:,}",
        f"{row.predicted:,} ({share:.0%})",
    )
    return f"<tr><td>{image}</td>" + "".join(f'<td class="num">{cell}</td>' for cell in cells) + "</tr>"


def _files(told: Told, say: Language) -> str:
    lines = _file("Input", told.source, say) + _file("Output", told.output, say)
    return _wide(f"<table class='files'><tbody>{lines}</tbody></table>")


def _file(what: str, file: File, say: Language) -> str:
    size = say("{size} bytes", size=f"{file.size:,}")
    cells = f"<td>{text(file.name)}</td><td class='num'>{size}</td><td><code>{text(file.sha256)}</code></td>"
    return f"<tr><th>{say(what)}</th>{cells}</tr>"


def _settings(told: Told) -> str:
    chosen = {name: value for name, value in told.settings.items() if value not in (None, "", (), [])}
    return f"<div class='pairs'>{_pairs(chosen)}{_pairs(told.versions)}</div>"


def _pairs(values: Mapping[str, Any]) -> str:
    told = (f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in values.items())
    return f"<dl lang='en'>{''.join(told)}</dl>"
