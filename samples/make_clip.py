"""Render the sample clip of this folder: ``python samples/make_clip.py``.

Four seconds, two shots with a hard cut between them, and a tune. Every layer moves by an affine map, so `render`
gives, beside each frame, the exact flow to the previous frame and where it holds: a ruler for flow and stability.
"""

from __future__ import annotations

import argparse
import logging
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from painting import clip_still, clip_town
from painting.fields import Array
from painting.layers import Labels, Layer, compose, motion, visible

WIDTH, HEIGHT = 640, 360
RATE = 25
FRAMES = 100
CUT = 60
"""Index of the first frame of the second shot."""
SOUND_RATE = 48_000
HERE = Path(__file__).resolve().parent

log = logging.getLogger("make_clip")


def shot_of(index: int) -> tuple[int, int]:
    """Number of the shot a frame belongs to, and the frame's place in it."""
    return (0, index) if index < CUT else (1, index - CUT)


@lru_cache(maxsize=2)
def scene(shot: int) -> tuple[Layer, ...]:
    """The layers of a shot; painting them takes seconds, so they are kept."""
    return tuple((clip_town, clip_still)[shot].layers())


@lru_cache(maxsize=4)
def unlit(index: int) -> tuple[Array, Labels]:
    """A frame before the light falls on it, and its layer labels."""
    shot, time = shot_of(index)
    return compose(list(scene(shot)), float(time), WIDTH, HEIGHT)


def light(index: int) -> Array:
    """The color of the light: morning warms up in the first shot, a cloud passes in the second."""
    shot, time = shot_of(index)
    if shot == 0:
        rise = 0.5 - 0.5 * np.cos(np.pi * time / CUT)
        return np.array([0.84 + 0.16 * rise, 0.84 + 0.12 * rise, 0.95 - 0.03 * rise], np.float32)
    dip = 0.10 * np.sin(np.pi * time / (FRAMES - CUT))
    return np.array([1.0 - dip, 1.0 - 0.9 * dip, 1.0 - 0.6 * dip], np.float32)


def render(index: int) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Frame `index` as RGB ``(H, W, 3)`` in [0, 1], its flow to the previous frame ``(H, W, 2)`` in pixels
    (x right, y down: ``frame(p) ~ previous(p + flow(p))``), and the mask ``(H, W)`` of where that flow holds.

    The mask is False where the previous frame did not show the surface, outside it, and at the pixel-wide
    seams where two layers mix; it is False everywhere at the first frame of a shot, where the flow is zero.
    """
    if not 0 <= index < FRAMES:
        raise IndexError(f"frame {index} of {FRAMES}")
    image, labels = unlit(index)
    lit = np.clip(image * light(index), 0, 1)
    shot, time = shot_of(index)
    if time == 0:
        return lit, np.zeros((HEIGHT, WIDTH, 2), np.float32), np.zeros((HEIGHT, WIDTH), bool)
    flow = motion(list(scene(shot)), labels, float(time), float(time - 1))
    return lit, flow, visible(labels, unlit(index - 1)[1], flow)


def pluck(pitch: float, seconds: float) -> Array:
    """A soft string: harmonics that die the sooner the higher they are."""
    time = np.arange(int(seconds * SOUND_RATE)) / SOUND_RATE
    tone = np.zeros_like(time)
    for harmonic in range(1, 9):
        tone += np.sin(2 * np.pi * pitch * harmonic * time) * np.exp(-time * (1.6 + 1.3 * harmonic)) / harmonic**1.3
    return (tone * np.minimum(time / 0.006, 1)).astype(np.float32)


def tune() -> Array:
    """Four seconds of stereo, float in [-1, 1]: a rising phrase, and its answer after the cut."""
    sound = np.zeros((2, SOUND_RATE * FRAMES // RATE), np.float32)
    melody = [0, 4, 7, 12, 11, 7, 9, 4, 5, 9, 12, 16, 14, 12, 7, 12]
    notes = [(0.24 * i, 293.66 * 2 ** (note / 12), 0.16, (i % 4) / 6 + 0.25) for i, note in enumerate(melody)]
    notes += [
        (0.0, 73.42, 0.30, 0.5),
        (0.96, 110.0, 0.26, 0.5),
        (1.92, 98.0, 0.28, 0.5),
        (2.40, 97.999, 0.26, 0.4),
        (2.88, 73.42, 0.30, 0.5),
    ]
    for start, pitch, loud, side in notes:
        first = int(start * SOUND_RATE)
        string = pluck(pitch, 2.5)[: sound.shape[1] - first] * loud
        sound[:, first : first + len(string)] += np.array([[1 - side], [side]], np.float32) * string * 1.6
    fade = np.minimum(1, np.arange(sound.shape[1])[::-1] / (0.25 * SOUND_RATE)).astype(np.float32)
    return np.clip(sound * fade, -0.95, 0.95)


def add_pictures(container: av.container.OutputContainer, stream: av.VideoStream) -> None:
    """Encode all frames."""
    for index in range(FRAMES):
        pixels = np.round(render(index)[0] * 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
        frame.pts, frame.time_base = index, Fraction(1, RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def add_sound(container: av.container.OutputContainer, stream: av.AudioStream) -> None:
    """Encode the tune."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(tune()), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, 0, Fraction(1, SOUND_RATE)
    fifo = av.AudioFifo()
    fifo.write(frame)
    while (block := fifo.read(1024, partial=True)) is not None:
        container.mux(stream.encode(block))
    container.mux(stream.encode())


def main() -> None:
    """Write the clip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "clip.mp4", help="file to write (default: samples/clip.mp4)")
    path: Path = parser.parse_args().out
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    cv2.setNumThreads(1)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=RATE, options={"crf": "20", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.color_range = ColorRange.MPEG
        video.codec_context.colorspace = Colorspace.ITU709
        video.codec_context.color_primaries = video.codec_context.color_trc = 1  # BT.709, as ITU-T H.273 numbers it
        audio = container.add_stream("aac", rate=SOUND_RATE, layout="stereo", bit_rate=96_000)
        add_sound(container, audio)
        add_pictures(container, video)
    log.info("%s, %d bytes", path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
