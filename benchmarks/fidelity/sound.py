"""V1 to V3, V8: sound bit for bit, and the picture beside it where it was."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
from clips import Clip, make, seen

from benchmarks.fidelity.case import Check, Desk, case, expect
from benchmarks.fidelity.media import shifted
from benchmarks.fidelity.read import count, same_times

FORTY = tuple(range(40))
SOUNDS = {
    "aac in .mp4": (".mp4", Clip(times=FORTY, sound=(("aac", "deu"),))),
    "ac3 in .mp4": (".mp4", Clip(times=FORTY, sound=(("ac3", "fra"),))),
    "two languages in .mp4": (".mp4", Clip(times=FORTY, sound=(("aac", "eng"), ("aac", "fra")))),
    "flac in .mkv": (".mkv", Clip(times=FORTY, sound=(("flac", "eng"),))),
    "opus in .webm": (".webm", Clip("libvpx-vp9", times=FORTY, sound=(("libopus", "eng"),))),
    "pcm in .mov": (".mov", Clip(times=FORTY, sound=(("pcm_s16le", "eng"),))),
}
TIMES = {
    "constant 29.97": Clip(times=tuple(n * 3003 for n in range(30)), rate=Fraction(30000, 1001)),
    "varying": Clip(times=(0, 1500, 9000, 9090, 18000, 45000, 46000, 90000), last=27000, options={"bf": "0"}),
    "varying with B-frames": Clip(times=(0, 3000, 9000, 12090, 18000, 45000, 48000, 90000), last=3000),
}


def _sound_is_the_same(suffix: str, clip: Clip) -> Check:
    def check(desk: Desk) -> None:
        before = make(desk.at(f"in{suffix}"), clip)
        old, new = seen(before), seen(desk.blur(before))
        expect(len(new.sounds) == len(old.sounds), f"{len(old.sounds)} sound tracks became {len(new.sounds)}")
        for (said, a), (says, b) in zip(old.sounds, new.sounds, strict=True):
            expect([digest for _, digest in a] == [digest for _, digest in b], "the sound was encoded again or cut")
            shift = new.times[0] - old.times[0]
            worst = max(abs(y - x - shift) for (x, _), (y, _) in zip(a, b, strict=True))
            expect(worst <= Fraction(1, 1000), f"the sound moved by {float(worst) * 1000:.1f} ms against the picture")
            expect(said == says, f"the language {said} became {says}")

    return check


def _times_are_the_same(clip: Clip) -> Check:
    def check(desk: Desk) -> None:
        fine = Clip(
            times=clip.times, time_base=Fraction(1, 90000), rate=clip.rate, last=clip.last, options=clip.options
        )
        before = make(desk.at("in.mp4"), fine)
        after = desk.blur(before)
        same_times(seen(before).times, seen(after).times, Fraction(1, 90000))
        if "bf" not in clip.options:  # with B-frames at varying times an .mp4 cannot say how long the last one lasts
            return
        ends = [_announced(place.read_bytes()) for place in (before, after)]
        expect(
            abs(ends[0] - ends[1]) <= Fraction(2, 1000), f"it ends at {float(ends[1]):.3f}, not {float(ends[0]):.3f} s"
        )

    return check


def _announced(data: bytes) -> Fraction:
    at = data.index(b"mvhd") + 16
    return Fraction(int.from_bytes(data[at + 4 : at + 8], "big"), int.from_bytes(data[at : at + 4], "big"))


for name, (suffix, clip) in SOUNDS.items():
    case(f"V1 {name}")(_sound_is_the_same(suffix, clip))
for name, clip in TIMES.items():
    case(f"V2 {name}")(_times_are_the_same(clip))


def _offset_stays(suffix: str, options: dict[str, str]) -> Callable[[Desk], None]:
    def check(desk: Desk) -> None:
        clip = Clip(times=tuple(range(125, 165)), sound=(("aac", "eng"),), sound_start=5.2, options=options)
        before = make(desk.at(f"in{suffix}"), clip)
        old, new = seen(before), seen(desk.blur(before))
        expect(len(new.sounds) == 1, "the sound is gone")
        same_times(old.times, new.times)
        moved = (new.sounds[0][1][0][0] - new.times[0]) - (old.sounds[0][1][0][0] - old.times[0])
        expect(abs(moved) <= Fraction(1, 1000), f"the sound starts {float(moved) * 1000:.0f} ms off")

    return check


case("V3 sound starts 0.2 s after a picture that starts at 5 s")(_offset_stays(".mp4", {}))
case("V3 the same in .mkv")(_offset_stays(".mkv", {}))
case("V3 open groups of pictures")(_offset_stays(".mp4", {"g": "12", "x264-params": "open-gop=1:bframes=3"}))


@case("V7 pictures hidden by an edit list")
def hidden_pictures(desk: Desk) -> None:
    made = make(desk.at("made.mp4"), Clip(times=tuple(range(62)), options={"g": "62", "bf": "0"}))
    before = shifted(made, desk.at("in.mp4"), Fraction(3, 5))
    expect(count(before, ignore_editlist="1") > count(before), "the input hides nothing")
    after = desk.blur(before)
    expect(count(after) == count(before), f"{count(before)} pictures became {count(after)}")
    expect(count(after, ignore_editlist="1") == count(before), "hidden pictures are still in the file")


@case("V8 sound hidden by an edit list")
def hidden_sound(desk: Desk) -> None:
    made = make(desk.at("made.mp4"), Clip(times=tuple(range(50)), sound=(("aac", "eng"),)))
    before = shifted(made, desk.at("in.mp4"), Fraction(1, 2))
    after = desk.blur(before)
    expect(bool(seen(after).sounds), "the sound is gone")
    with av.open(str(before)) as old, av.open(str(after)) as new:
        hidden, left = (sum(p.is_discard for p in container.demux(audio=0)) for container in (old, new))
    expect(hidden > 20, "the input hides nothing")
    expect(left <= 1, f"{left} of {hidden} hidden sound packets are still in the file")
    expect(seen(after).sounds[0][1][-1][1] == seen(before).sounds[0][1][-1][1], "the sound has another end")
