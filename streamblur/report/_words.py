"""What a report says in words: what was done, how it was checked, and what that is worth."""

from __future__ import annotations

from streamblur.report._plot import code
from streamblur.report._told import Told

MEASURED = (
    "On recordings whose faces are known (10,055 faces on frames, at least 24 pixels wide, most of them in meeting "
    "galleries), left visible: 1 with YuNet (95 % bound 0.05 %), 1 with MediaPipe alone (0.05 %). The settings were "
    "chosen on the same recordings, so expect more misses on yours."
)


def verdict(told: Told) -> tuple[str, str]:
    """One sentence, and whether it is ``good``, ``bad`` or ``plain``."""
    if told.verified is None:
        return "The output was not looked at again.", "plain"
    count = len(told.verified.findings)
    if not count:
        return "A second look at the output, with other eyes, found no face left.", "good"
    return f"A second look found {_many(count, 'place')} where a face can still be seen. See “Look here”.", "bad"


def summary(told: Told) -> tuple[str, ...]:
    """What was done, for somebody who was not there."""
    faces, frames = told.summary.tracks, told.summary.frames
    what = "picture" if told.summary.still else "frame"
    length = told.faces.seconds(len(told.faces.times) - 1)
    lasted = "" if told.summary.still else f", {code(length)} long,"
    often = "" if frames == 1 else f" {told.summary.covered:,} times over all {what}s,"
    first = (
        f"{told.source.name} ({_many(frames, what)}){lasted} was searched for faces. {_many(faces, 'face')} "
        f"{'was' if faces == 1 else 'were'} found{'' if told.summary.still else ' and followed'}, and covered"
        f"{often} with the style “{told.settings.get('style', 'blur')}”."
    )
    if told.summary.still:
        return (first, *_chosen(told), *_again(told))
    predicted = sum(int((track.by == 0).sum()) for track in told.faces.tracks)
    rows = sum(len(track.frames) for track in told.faces.tracks)
    looks = f"{len(told.faces.looked):,} of {frames:,} {what}s were looked at."
    second = f"{looks} {predicted / rows:.0%} of the covers lie between looks, where a face must be." if rows else looks
    return (first, second, *_chosen(told), *_again(told))


def _chosen(told: Told) -> tuple[str, ...]:
    """What somebody decided by hand."""
    found = []
    if kept := told.settings.get("keep_face"):
        numbers = ", ".join(map(str, kept))
        found.append(f"By choice, these faces stay visible wherever they surely are the same: {numbers}.")
    if told.faces.regions:
        found.append(f"By choice, always hidden: {'; '.join(told.faces.regions)}.")
    if told.faces.excluded:
        found.append(f"By choice, no face is hidden in: {'; '.join(told.faces.excluded)}.")
    return tuple(found)


def _again(told: Told) -> tuple[str, ...]:
    seen = told.verified
    if seen is None:
        return ("To have the output looked at again, run with --verify.",)
    how = "the original beside it, by what is still visible of each face" if seen.by_content else "by detection alone"
    mended = f" What was found was covered, and all written again, {_many(told.rounds, 'time')}." if told.rounds else ""
    eyes, what = "; ".join(seen.eyes), "picture" if told.summary.still else "frame"
    return (f"The written file was read back and checked on {_many(seen.frames, what)}, {how}; eyes: {eyes}.{mended}",)


def bound(told: Told) -> tuple[str, ...]:
    """What was measured elsewhere, and what it does not say."""
    return (
        MEASURED,
        "Nothing follows from that for a single recording. No detector finds every face; very small, turned away, "
        "upside-down or half-hidden ones are missed most. A clean second look makes misses rarer, not impossible.",
    )


def limits(told: Told) -> tuple[str, ...]:
    """What hiding faces does not do."""
    return (
        "Only faces are hidden. Voices, names, clothes, tattoos, places and what is said can still identify people. "
        "The pictures in this report are of the output; it holds nothing of the input but its name, size and hash.",
    )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
