"""The report of a run: one page that says what was done and where to look, or the same as JSON.

It holds no pixel of the input: its pictures are of the frames that were written, and come in as JPEG.
"""

from __future__ import annotations

from streamblur.report._album import Album, Picture
from streamblur.report._json import as_json, read, schema
from streamblur.report._language import LANGUAGES, Language
from streamblur.report._page import as_page
from streamblur.report._plot import code
from streamblur.report._sheet import Card, contact_sheet
from streamblur.report._told import File, Told
from streamblur.report._tracks import Row, Spot, rows, spots

__all__ = [
    "LANGUAGES",
    "Album",
    "Card",
    "File",
    "Language",
    "Picture",
    "Row",
    "Spot",
    "Told",
    "as_json",
    "as_page",
    "code",
    "contact_sheet",
    "read",
    "rows",
    "schema",
    "spots",
]
