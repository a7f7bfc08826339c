"""What stays of a recording besides picture and sound when asked for, and the sentences about all of it."""

from __future__ import annotations

from typing import Any

from av.container import InputContainer, OutputContainer

from streamblur.settings import Settings

_TECHNICAL = frozenset(["major_brand", "minor_version", "compatible_brands", "encoder", "duration"])


def chapters(before: InputContainer, output: OutputContainer, titles: bool) -> None:
    """The same chapters at the same times; called Chapter 1, 2 ... unless ``titles`` keeps what they were called."""
    kept: list[Any] = []
    for number, chapter in enumerate(before.chapters(), 1):
        own = chapter["metadata"].get("title") if titles else None
        kept.append({**chapter, "id": number, "metadata": {"title": own or f"Chapter {number}"}})
    output.set_chapters(kept)


def metadata(before: InputContainer, output: OutputContainer) -> tuple[str, ...]:
    """Give the whole file its metadata back (not that of single tracks); the names of what was kept."""
    found = {key: value for key, value in before.metadata.items() if key.lower() not in _TECHNICAL}
    output.metadata.update(found)
    return tuple(sorted(found))


def told(before: InputContainer, settings: Settings, keys: tuple[str, ...]) -> tuple[str, ...]:
    """One sentence for each kind of content besides the picture that was found."""
    streams, kept = before.streams, settings.kept
    found = {
        "audio track": (len(streams.audio), settings.audio),
        "subtitle track": (len(streams.subtitles), "subtitles" in kept),
        "data track": (len(streams.data), False),
        "attachment": (len(streams.attachments), False),
        "chapter": (len(before.chapters()), "chapters" in kept),
    }
    silent = ", silent" if settings.mute else ""
    notes = [
        f"{'kept' if stays else 'dropped'} {n} {kind}{'s' if n > 1 else ''}{silent if kind == 'audio track' else ''}"
        for kind, (n, stays) in found.items()
        if n
    ]
    return (*notes, *([f"kept metadata: {', '.join(keys)}"] if keys else []))
