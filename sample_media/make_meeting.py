"""Makes meeting.mp4 and meeting.truth.json: a video call of five people, whose faces are all one public-domain picture.

Run with the test extra installed (``pip install '.[test]'``): ``python sample_media/make_meeting.py``
The face is that of ``skimage.data.astronaut()`` (NASA, public domain); rooms and sound are computed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

Picture = NDArray[np.uint8]

WIDTH, HEIGHT, RATE, SECONDS, SOUND_RATE = 1280, 720, 25, 6, 48000
TILE_W, TILE_H = WIDTH // 2, HEIGHT // 2
FACE = (170.0, 75.0, 280.0, 180.0)  # ear to ear, hairline to chin, in the astronaut picture
FACE_X, FACE_Y, FACE_W = 225.0, 127.5, 110.0


@dataclass(frozen=True)
class Person:
    """Someone in a tile. ``place`` is where the face is at first, in pixels of the tile; ``walk`` pixels a second."""

    tile: int
    face: float
    place: tuple[float, float]
    sway: tuple[float, float] = (14.0, 5.0)
    pace: float = 0.5
    walk: float = 0.0
    mirror: bool = False
    suit: int = 0  # added to the hue of the clothes, 0 to 179
    light: float = 1.0

    def pose(self, t: float) -> NDArray[np.float64]:
        """The affine map from the astronaut picture to the tile at time ``t``."""
        swing = 2 * math.pi * self.pace * t + self.face
        x = self.place[0] + self.walk * t + self.sway[0] * math.sin(swing)
        y = self.place[1] + self.sway[1] * math.sin(2 * swing)
        angle, scale = math.radians(5 * math.sin(swing + 1)), self.face / FACE_W
        turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        turn = turn @ np.diag([-1.0 if self.mirror else 1.0, 1.0])
        return np.column_stack([turn, np.array([x, y]) - turn @ np.array([FACE_X, FACE_Y])])


PEOPLE = (
    Person(0, face=152, place=(310, 165), sway=(24, 7), pace=0.35),
    Person(1, face=108, place=(350, 185), sway=(40, 4), pace=0.25, mirror=True, suit=100, light=0.9),
    Person(2, face=76, place=(205, 150), pace=0.6, suit=50),
    Person(2, face=64, place=(430, 160), sway=(20, 3), pace=0.4, mirror=True, suit=140, light=1.08),
    Person(3, face=90, place=(-110, 215), sway=(3, 5), pace=1.1, walk=160, suit=75, light=0.95),
)
ROOMS = (((196, 206, 214), "Ana"), ((150, 170, 150), "Bo"), ((205, 190, 175), "Cy and Di"), ((170, 160, 190), "Eve"))


def cut_out() -> Picture:
    """Head and shoulders of the astronaut as BGRA, by GrabCut from a rough sketch of where the person is."""
    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)  # type: ignore[no-untyped-call]
    mask = np.full(picture.shape[:2], cv2.GC_BGD, np.uint8)
    mask[10:330, 30:365] = cv2.GC_PR_BGD
    cv2.ellipse(mask, (226, 95), (78, 85), 0, 0, 360, cv2.GC_PR_FGD, -1)
    for sketch, label in (
        ([(20, 330), (40, 290), (90, 240), (120, 180), (300, 210), (345, 270), (362, 330)], cv2.GC_PR_FGD),
        ([(60, 330), (60, 300), (120, 250), (140, 190), (285, 215), (325, 280), (335, 330)], cv2.GC_FGD),
    ):
        cv2.fillPoly(mask, [np.array(sketch)], label)
    cv2.ellipse(mask, (226, 100), (55, 70), 0, 0, 360, cv2.GC_FGD, -1)
    cv2.ellipse(mask, (211, 205), (84, 52), 10, 0, 360, cv2.GC_FGD, -1)
    cv2.setRNGSeed(1)
    cv2.grabCut(picture, mask, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 6, cv2.GC_INIT_WITH_MASK)
    inside = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    inside[328:] = 0
    alpha = cv2.GaussianBlur(cv2.erode(inside, np.ones((3, 3))), (0, 0), 1.2)
    return np.dstack([picture, alpha]).astype(np.uint8)


def dressed(sprite: Picture, person: Person) -> Picture:
    """The sprite in another suit and another light."""
    hsv = cv2.cvtColor(np.ascontiguousarray(sprite[..., :3]), cv2.COLOR_BGR2HSV).astype(np.int32)
    orange = (hsv[..., 0] < 14) | (hsv[..., 0] > 170)
    cloth = orange & (hsv[..., 1] > 90) & (np.arange(len(hsv))[:, None] > 185)
    hsv[..., 0] = np.where(cloth, (hsv[..., 0] + person.suit) % 180, hsv[..., 0])
    hsv[..., 1] = np.where(cloth, hsv[..., 1] * 0.6, hsv[..., 1])
    hsv[..., 2] = np.clip(hsv[..., 2] * person.light, 0, 255)
    return np.dstack([cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR), sprite[..., 3]]).astype(np.uint8)


def room(index: int) -> Picture:
    """A wall with light falling from one side, a window or a shelf, and a little grain."""
    (blue, green, red), _ = ROOMS[index]
    light = np.linspace(1.1, 0.75, TILE_W) if index % 2 else np.linspace(0.75, 1.1, TILE_W)
    wall = np.full((TILE_H, TILE_W, 3), (blue, green, red), np.float64) * light[None, :, None]
    if index in (0, 3):
        cv2.rectangle(wall, (450, 40), (600, 220), (235, 225, 210), -1)
        cv2.line(wall, (525, 40), (525, 220), (150, 150, 150), 6)
    else:
        for n in range(14):
            color = [60 + (n * 83 + c * 47) % 130 for c in range(3)]
            cv2.rectangle(wall, (20 + n * 15, 96 - (n * 29) % 40), (32 + n * 15, 110), color, -1)
        cv2.rectangle(wall, (10, 110), (240, 120), (60, 80, 100), -1)
    wall = cv2.GaussianBlur(wall, (0, 0), 2.0) + np.random.default_rng(index).normal(0, 2.5, wall.shape)
    return np.clip(wall, 0, 255).astype(np.uint8)


def furniture(tile: Picture, index: int) -> None:
    """What stands in front of the people: a desk, and the name in the corner."""
    if index == 2:
        cv2.rectangle(tile, (0, 255), (TILE_W, TILE_H), (70, 95, 125), -1)
        cv2.rectangle(tile, (280, 215), (370, 275), (60, 60, 60), -1)
    cv2.rectangle(tile, (0, 0), (TILE_W - 1, TILE_H - 1), (35, 35, 35), 4)
    cv2.rectangle(tile, (8, TILE_H - 36), (150, TILE_H - 8), (40, 40, 40), -1)
    cv2.putText(tile, ROOMS[index][1], (16, TILE_H - 16), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (240,) * 3, 1, cv2.LINE_AA)


def paste(tile: Picture, sprite: Picture, pose: NDArray[np.float64]) -> None:
    interpolation = cv2.INTER_AREA if abs(pose[0, 0]) < 1 else cv2.INTER_CUBIC
    moved = cv2.warpAffine(sprite, pose, (TILE_W, TILE_H), flags=interpolation)
    alpha = moved[..., 3:].astype(np.float64) / 255
    tile[:] = np.rint(tile * (1 - alpha) + moved[..., :3] * alpha)


def truth(person: Person, t: float) -> dict[str, Any] | None:
    """The upright box around the face in the whole picture, cut at the tile, and the share of it inside."""
    left, top, right, bottom = FACE
    corners = np.array([[left, top, 1], [right, top, 1], [left, bottom, 1], [right, bottom, 1]]) @ person.pose(t).T
    whole = np.concatenate([corners.min(0), corners.max(0)])
    inside = np.clip(whole, 0, [TILE_W, TILE_H, TILE_W, TILE_H])
    share = float(np.prod(inside[2:] - inside[:2]) / np.prod(whole[2:] - whole[:2]))
    shift = [person.tile % 2 * TILE_W, person.tile // 2 * TILE_H] * 2
    box = [round(float(v), 1) for v in inside + shift]
    return {"id": PEOPLE.index(person), "box": box, "visible": round(share, 3)} if share > 0 else None


def pictures() -> Iterator[Picture]:
    sprite = cut_out()
    people = [(person, dressed(sprite, person)) for person in PEOPLE]
    rooms = [room(index) for index in range(4)]
    for n in range(RATE * SECONDS):
        tiles = [wall.copy() for wall in rooms]
        for person, clothed in people:
            paste(tiles[person.tile], clothed, person.pose(n / RATE))
        for index, tile in enumerate(tiles):
            furniture(tile, index)
        yield np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])


def sound() -> NDArray[np.float32]:
    """Something like distant speech: a humming voice whose pitch, loudness and brightness wander by the syllable."""
    t = np.arange(SOUND_RATE * SECONDS) / SOUND_RATE
    phase = 2 * np.pi * np.cumsum(130 + 25 * np.sin(2 * np.pi * 0.7 * t) + 8 * np.sin(2 * np.pi * 3.1 * t)) / SOUND_RATE
    bright = 0.5 + 0.45 * np.sin(2 * np.pi * 2.3 * t)
    voice = sum(np.sin(k * phase) * bright ** (k - 1) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * t) + 0.6 * np.sin(2 * np.pi * 0.45 * t), 0, 1)
    hiss = np.random.default_rng(5).normal(0, 0.004, t.shape)
    return (0.12 * voice * syllables + hiss).astype(np.float32)


def write(path: Path) -> None:
    with av.open(str(path), "w", options={"movflags": "faststart"}) as output:
        video = output.add_stream("libx264", rate=RATE, options={"crf": "24", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        voice = output.add_stream("aac", rate=SOUND_RATE, options={"b": "64k"})
        voice.layout = "mono"
        for n, picture in enumerate(pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = n, Fraction(1, RATE)
            output.mux(video.encode(frame))
        chunk = av.AudioFrame.from_ndarray(sound()[None, :], format="fltp", layout="mono")
        chunk.sample_rate, chunk.pts = SOUND_RATE, 0
        output.mux(voice.encode(chunk))
        output.mux([*video.encode(None), *voice.encode(None)])


def main() -> None:
    folder = Path(__file__).resolve().parent
    write(folder / "meeting.mp4")
    frames = [[face for p in PEOPLE if (face := truth(p, n / RATE))] for n in range(RATE * SECONDS)]
    rows = ",\n".join(json.dumps(faces) for faces in frames)
    head = json.dumps({"width": WIDTH, "height": HEIGHT, "rate": RATE})[:-1]
    (folder / "meeting.truth.json").write_text(f'{head}, "frames": [\n{rows}\n]}}\n', encoding="utf-8")
    print(hashlib.sha256((folder / "meeting.mp4").read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
