"""What a report says in words: what was done, how it was checked, and what that is worth."""

from __future__ import annotations

from streamblur.report._language import Language
from streamblur.report._plot import code
from streamblur.report._told import Told

MEASURED = (
    "On recordings whose faces are known (10,055 faces on frames, at least 24 pixels wide, most of them in meeting "
    "galleries), left visible: 1 with YuNet (95 % bound 0.05 %), 1 with MediaPipe alone (0.05 %). The settings were "
    "chosen on the same recordings, so expect more misses on yours."
)


def verdict(told: Told, say: Language) -> tuple[str, str]:
    """One sentence, and whether it is ``good``, ``bad`` or ``plain``."""
    if told.verified is None:
        return say("The output was not looked at again."), "plain"
    count = len(told.verified.findings)
    if not count:
        return say("A second look at the output, with other eyes, found no face left."), "good"
    found = say.many(
        count,
        "A second look found {count} place where a face can still be seen. See “Look here”.",
        "A second look found {count} places where a face can still be seen. See “Look here”.",
    )
    return found, "bad"


def summary(told: Told, say: Language) -> tuple[str, ...]:
    """What was done, for somebody who was not there."""
    name, frames = told.source.name, _frames(told.summary.frames, told, say)
    if told.summary.still:
        searched = say("{name} ({frames}) was searched for faces.", name=name, frames=frames)
    else:
        length = code(told.faces.seconds(len(told.faces.times) - 1))
        text = "{name} ({frames}), {length} long, was searched for faces."
        searched = say(text, name=name, frames=frames, length=length)
    looked = () if told.summary.still else (_looked(told, say),)
    return (say.joined(searched, _found(told, say)), *looked, *_chosen(told, say), *_again(told, say))


def _found(told: Told, say: Language) -> str:
    values = {"times": f"{told.summary.covered:,}", "style": say.known(str(told.settings.get("style", "blur")))}
    if told.summary.frames == 1:
        what = " found, and covered with the style “{style}”."
    elif told.summary.still:
        what = " found, and covered {times} times over all pictures, with the style “{style}”."
    else:
        what = " found and followed, and covered {times} times over all frames, with the style “{style}”."
    return say.many(told.summary.tracks, "{count} face was" + what, "{count} faces were" + what, **values)


def _looked(told: Told, say: Language) -> str:
    predicted = sum(int((track.by == 0).sum()) for track in told.faces.tracks)
    rows = sum(len(track.frames) for track in told.faces.tracks)
    values = {"looks": f"{len(told.faces.looked):,}", "frames": f"{told.summary.frames:,}"}
    looks = say("{looks} of {frames} frames were looked at.", **values)
    if not rows:
        return looks
    share = f"{predicted / rows:.0%}"
    return say.joined(looks, say("{share} of the covers lie between looks, where a face must be.", share=share))


def _frames(count: int, told: Told, say: Language) -> str:
    if told.summary.still:
        return say.many(count, "{count} picture", "{count} pictures")
    return say.many(count, "{count} frame", "{count} frames")


def _chosen(told: Told, say: Language) -> tuple[str, ...]:
    """What somebody decided by hand."""
    found = []
    if kept := told.settings.get("keep_face"):
        text = "By choice, these faces stay visible wherever they surely are the same: {faces}."
        found.append(say(text, faces=", ".join(map(str, kept))))
    if told.faces.regions:
        found.append(say("By choice, always hidden: {places}.", places="; ".join(told.faces.regions)))
    if told.faces.excluded:
        found.append(say("By choice, no face is hidden in: {places}.", places="; ".join(told.faces.excluded)))
    return tuple(found)


def _again(told: Told, say: Language) -> tuple[str, ...]:
    seen = told.verified
    if seen is None:
        return (say("To have the output looked at again, run with --verify."),)
    values = {"frames": _frames(seen.frames, told, say), "eyes": "; ".join(map(say.known, seen.eyes))}
    if seen.by_content:
        text = (
            "The written file was read back and checked on {frames}, the original beside it, by what is still visible "
            "of each face; eyes: {eyes}."
        )
    else:
        text = "The written file was read back and checked on {frames}, by detection alone; eyes: {eyes}."
    if not told.rounds:
        return (say(text, **values),)
    mended = say.many(
        told.rounds,
        "What was found was covered, and all written again, {count} time.",
        "What was found was covered, and all written again, {count} times.",
    )
    return (say.joined(say(text, **values), mended),)


def bound(say: Language) -> tuple[str, ...]:
    """What was measured elsewhere, and what it does not say."""
    nothing = (
        "Nothing follows from that for a single recording. No detector finds every face; very small, turned away, "
        "upside-down or half-hidden ones are missed most. A clean second look makes misses rarer, not impossible."
    )
    return say(MEASURED), say(nothing)


def limits(say: Language) -> tuple[str, ...]:
    """What hiding faces does not do."""
    text = (
        "Only faces are hidden. Voices, names, clothes, tattoos, places and what is said can still identify people. "
        "The pictures in this report are of the output; it holds nothing of the input but its name, size and hash."
    )
    return (say(text),)
