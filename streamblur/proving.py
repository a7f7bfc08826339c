"""A run with its proof: what was covered is written down, looked at again, mended where something is left, and told.

run ─▶ verify ─▶ repair (what was found is covered too, run again) ─▶ report
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamblur import __version__, compose, rooms
from streamblur.belonging import fingerprint
from streamblur.errors import OutputError
from streamblur.faces import Faces
from streamblur.faces.edits import applied
from streamblur.faces.mending import mended
from streamblur.faces.recorder import Recorder, sha256
from streamblur.findings import Finding, Verified
from streamblur.settings import Settings
from streamblur.values import Decided, Progress, SafeFrame, Summary

if TYPE_CHECKING:
    from streamblur.report import Album, Told

SUFFIXES = (".html", ".htm", ".json")
ROUNDS = 2
"""How often at most what was found is covered and the whole written again."""
Show = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Proof:
    """What is asked for besides the output: a ``report`` (.html or .json), to ``verify`` the output, to ``repair`` it,
    the ``faces`` to hide instead of looking."""

    report: Path | None = None
    verify: bool = False
    repair: bool = False
    faces: Faces | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """What came out: the run's summary, what was decided, what was found in the output (None: nobody looked again),
    and how often it was mended and written anew."""

    summary: Summary
    faces: Faces
    verified: Verified | None = None
    rounds: int = 0

    @property
    def unresolved(self) -> tuple[Finding, ...]:
        """The faces that are still to be seen in the output."""
        return self.verified.findings if self.verified is not None else ()


def prove(settings: Settings, source: Path, output: Path, proof: Proof, show: Show | None = None) -> Proved:
    """``compose.run`` with what ``proof`` asks for. Raises a ``StreamblurError`` as it does, and OutputError when the
    report cannot be written."""
    from streamblur.faces.file import may_write
    from streamblur.report import Album
    from streamblur.verify import verify

    if proof.report is not None:
        if proof.report.suffix.lower() not in SUFFIXES or proof.report.resolve() == output.resolve():
            raise OutputError(f"{proof.report} cannot be the report: give it a name of its own, .html or .json.")
        may_write(proof.report, settings.force, source)
    known, album = proof.faces, Album(rooms.part("sinks", "image").shot)
    proved = _run(settings, source, output, known, album, show)
    while proof.verify or proof.repair:
        believed = known or proved.faces
        verified = verify(output, source, believed, settings, show)
        proved = replace(proved, verified=verified)
        if not (proof.repair and verified.findings and proved.rounds < ROUNDS):
            break
        known = mended(believed, verified.findings)
        album = Album(rooms.part("sinks", "image").shot)
        again = _run(replace(settings, force=True), source, output, known, album, show)
        summary = _both(proved.summary, again.summary, verified.findings)
        proved = replace(again, summary=summary, rounds=proved.rounds + 1)
    if proof.report is not None:
        _write(proof.report, told(settings, source, output, proved, album), settings.force)
    return proved


def _run(
    settings: Settings, source: Path, output: Path, faces: Faces | None, album: Album, show: Show | None
) -> Proved:
    """One run, written down."""
    recorder = Recorder()

    def witness(decided: Decided[SafeFrame]) -> None:
        recorder.add(decided)
        album.add(decided)

    summary = compose.run(settings, source, output, show, witness, faces)
    found = recorder.faces(fingerprint(settings, source), settings.told(), __version__)
    regions = dict.fromkeys((*settings.region, *(faces.regions if faces is not None else ())))
    excluded = dict.fromkeys((*settings.exclude_region, *(faces.excluded if faces is not None else ())))
    drawn = _by_hand(faces)
    tracks = tuple(replace(track, added=track.id in drawn) for track in found.tracks)
    return Proved(summary, replace(found, tracks=tracks, regions=tuple(regions), excluded=tuple(excluded)))


def _by_hand(faces: Faces | None) -> set[int]:
    """The tracks that a person made and no network ever saw."""
    return {t.id for t in applied(faces).tracks if t.added and not t.by.any()} if faces is not None else set()


def _both(first: Summary, again: Summary, findings: Sequence[Finding]) -> Summary:
    """Of what was mended and written again: the faces are those of the first run and the ``findings`` that belong to
    none of them; notes and seconds are those of both."""
    tracks = first.tracks + sum(finding.track is None for finding in findings)
    notes = tuple(dict.fromkeys((*first.notes, *again.notes)))
    return replace(again, tracks=tracks, notes=notes, seconds=first.seconds + again.seconds)


def told(settings: Settings, source: Path, output: Path, proved: Proved, album: Album) -> Told:
    """Everything that a report tells; of the paths the last part only."""
    from streamblur.report import File, Told

    digest, size = sha256(output)
    return Told(
        File(source.name, proved.faces.source.sha256, proved.faces.source.size),
        File(output.name, digest, size),
        proved.summary,
        settings.told(),
        proved.faces,
        proved.verified,
        proved.rounds,
        album.pictures,
        versions(),
    )


def versions() -> dict[str, str]:
    """What made it: streamblur, Python and the libraries that look, decode and encode."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"streamblur": __version__, "Python": platform.python_version()}
    for name in ("av", "opencv-contrib-python", "mediapipe", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def _write(place: Path, found: Told, force: bool) -> None:
    from streamblur.faces.file import write_json, write_whole
    from streamblur.report import as_json, as_page

    if place.suffix.lower() == ".json":
        write_json(as_json(found), place, force)
    else:
        write_whole(as_page(found).encode(), place, force)


def reproduced(place: Path) -> tuple[dict[str, Any], Faces]:
    """The settings and the faces of a JSON report. Raises InputError when it is none, or not a sound one."""
    from streamblur.faces.file import document
    from streamblur.report import read

    return read(document(place, "report"), str(place))
