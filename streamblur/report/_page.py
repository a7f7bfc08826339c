"""The report as one HTML page that needs nothing else: no network, no script, opens from disk."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from streamblur.report._plot import code, timeline
from streamblur.report._told import Told
from streamblur.report._tracks import MOST, Row, Spot, rows, spots
from streamblur.report._words import bound, limits, summary, verdict

FIRST = 20
"""Places to look at that are shown at once."""
LISTED = 500
"""Faces listed at most; all of them are in the JSON report."""


def as_page(told: Told) -> str:
    """The whole page."""
    findings = told.verified.findings if told.verified is not None else ()
    word, kind = verdict(told)
    body = [
        f'<header><p class="brand">streamblur report</p><h1>{text(told.output.name)}</h1>',
        f'<p class="verdict {kind}">{text(word)}</p></header>',
        _section("Summary", _paragraphs(summary(told)) + _cover(told)),
        _section("Over time", _plot(told)),
        _section("Look here", _spots(spots(told.faces, findings))),
        _section("Faces", _faces(rows(told.faces), told)),
        _section("How sure is this", _paragraphs((*bound(told), *limits(told)))),
        _section("Kept, dropped and changed", _list(told.summary.notes, "Nothing but picture and sound was found.")),
        _section("Files and settings", _files(told) + _settings(told)),
    ]
    return document(told.output.name, "".join(body))


def document(title: str, body: str) -> str:
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
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


def _list(items: Sequence[str], none: str) -> str:
    return "<ul>" + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>" if items else f"<p>{none}</p>"


def image(jpeg: bytes, what: str) -> str:
    return f'<img alt="{text(what)}" src="data:image/jpeg;base64,{b64encode(jpeg).decode()}">'


def _cover(told: Told) -> str:
    whole = next((p for p in told.pictures if p.track is None), None)
    if whole is None:
        return ""
    frame = told.faces.frame(whole.pts)
    when = f" at {code(told.faces.seconds(frame))}" if frame is not None and not told.summary.still else ""
    return f'<figure class="whole">{image(whole.jpeg, "the output")}<figcaption>The output{when}.</figcaption></figure>'


def _plot(told: Told) -> str:
    if told.summary.still or len(told.faces.times) < 2:
        return "<p>A picture has no timeline.</p>"
    findings = told.verified.findings if told.verified is not None else ()
    return f'<div class="plot">{timeline(told.faces, findings)}</div>'


def _spots(found: Sequence[Spot]) -> str:
    if not found:
        return "<p>Nothing stands out. That is no proof: watch what matters to you.</p>"
    more = f"<p>The {MOST} riskiest are listed.</p>" if len(found) == MOST else ""
    if len(found) <= FIRST + 5:
        return _spot_table(found) + more
    rest = f"<details><summary>{len(found) - FIRST} more</summary>{_spot_table(found[FIRST:])}</details>"
    return _spot_table(found[:FIRST]) + rest + more


def _spot_table(found: Sequence[Spot]) -> str:
    lines = "".join(
        f'<tr><td class="time">{_when(spot)}</td><td><span class="bar" style="--risk:{spot.risk:.2f}"></span></td>'
        f"<td class='why'>{text(spot.why)}</td><td class='num'>{'' if spot.track is None else spot.track}</td></tr>"
        for spot in found
    )
    head = "<tr><th class='time'>Time</th><th>Risk</th><th class='why'>Why</th><th class='num'>Face</th></tr>"
    return f"<div class='wide'><table><thead>{head}</thead><tbody>{lines}</tbody></table></div>"


def _when(spot: Spot) -> str:
    return code(spot.time, 2) if spot.end - spot.time < 0.1 else f"{code(spot.time)} to {code(spot.end)}"


def _faces(found: Sequence[Row], told: Told) -> str:
    if not found:
        return "<p>No face was found.</p>"
    images = {p.track: image(p.jpeg, f"face {p.track}, hidden") for p in told.pictures}
    lines = "".join(_face(row, images.get(row.track, "")) for row in found[:LISTED])
    head = (
        "<tr><th>As written</th><th class='num'>Face</th><th class='num'>From</th><th class='num'>To</th>"
        "<th class='num'>Width, px</th><th class='num'>Lowest score</th><th class='num'>Frames</th>"
        "<th class='num'>Predicted only</th></tr>"
    )
    more = f"<p>{len(found) - LISTED} more are in the JSON report.</p>" if len(found) > LISTED else ""
    return f"<div class='wide'><table class='faces'><thead>{head}</thead><tbody>{lines}</tbody></table></div>{more}"


def _face(row: Row, image: str) -> str:
    share = row.predicted / row.frames
    cells = (
        f"{row.track}{' (by hand)' if row.added else ''}",
        code(row.start),
        code(row.end),
        f"{row.smallest:.0f} to {row.largest:.0f}",
        f"{row.lowest:.2f}" if row.predicted < row.frames else "none",
        f"{row.frames:,}",
        f"{row.predicted:,} ({share:.0%})",
    )
    return f"<tr><td>{image}</td>" + "".join(f'<td class="num">{cell}</td>' for cell in cells) + "</tr>"


def _files(told: Told) -> str:
    lines = "".join(
        f"<tr><th>{what}</th><td>{text(each.name)}</td><td class='num'>{each.size:,} bytes</td>"
        f"<td><code>{text(each.sha256)}</code></td></tr>"
        for what, each in (("Input", told.source), ("Output", told.output))
    )
    return f"<div class='wide'><table class='files'><tbody>{lines}</tbody></table></div>"


def _settings(told: Told) -> str:
    chosen = {name: value for name, value in told.settings.items() if value not in (None, "", (), [])}
    return f"<div class='pairs'>{_pairs(chosen)}{_pairs(told.versions)}</div>"


def _pairs(values: Mapping[str, Any]) -> str:
    told = (f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in values.items())
    return f"<dl>{''.join(told)}</dl>"
