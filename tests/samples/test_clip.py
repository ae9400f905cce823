"""The sample clip: exact motion in `render`, and a file that matches it."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
CLIP = SAMPLES / "clip.mp4"


@pytest.fixture(scope="module")
def clip():
    sys.path.insert(0, str(SAMPLES))
    try:
        import make_clip
    finally:
        sys.path.remove(str(SAMPLES))
    return make_clip


def warp(image, flow):
    import cv2

    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    return cv2.remap(image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(scope="module")
def decoded():
    import av
    from av.video.reformatter import ColorRange, Colorspace

    with av.open(str(CLIP)) as container:
        return [
            frame.reformat(
                format="rgb24",
                src_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.MPEG,
                dst_color_range=ColorRange.JPEG,
            ).to_ndarray()
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("index", [1, 20, 45, 59, 61, 80, 99])
def test_previous_frame_warped_by_the_flow_is_this_frame(clip, index):
    now, flow, seen = clip.render(index)
    before = clip.render(index - 1)[0]
    error = np.abs(warp(before, flow) - now).mean(-1)
    still = np.abs(before - now).mean(-1)
    assert seen.mean() > 0.75
    assert error[seen].mean() < 0.02
    assert np.quantile(error[seen], 0.99) < 0.12
    assert error[seen].mean() < 0.5 * still[seen].mean()


def test_something_is_hidden_and_something_moves(clip):
    _, flow, seen = clip.render(30)
    assert not seen.all()
    assert np.hypot(flow[..., 0], flow[..., 1]).max() > 3


def test_shots_open_without_a_past(clip):
    for index in (0, clip.CUT):
        _, flow, seen = clip.render(index)
        assert not flow.any()
        assert not seen.any()


def test_layers_and_flow_are_deterministic(clip):
    first = clip.render(70)
    clip.unlit.cache_clear()
    second = clip.render(70)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one, other)


def test_render_refuses_a_frame_that_is_not_there(clip):
    with pytest.raises(IndexError):
        clip.render(clip.FRAMES)


def test_file_has_the_promised_streams(decoded):
    import av

    assert CLIP.stat().st_size < 1_500_000
    assert len(decoded) == 100
    with av.open(str(CLIP)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height, video.average_rate) == (640, 360, Fraction(25))
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio)], axis=1)
    assert sound.shape[1] == pytest.approx(4 * 48_000, abs=2048)
    assert 0.02 < np.sqrt((sound**2).mean()) < 0.5


@pytest.mark.parametrize("index", [0, 33, 59, 60, 99])
def test_file_decodes_close_to_render(clip, decoded, index):
    error = decoded[index] / 255.0 - clip.render(index)[0]
    assert 10 * np.log10(1 / (error**2).mean()) > 28
    assert np.abs(error.mean((0, 1))).max() < 0.01


def test_cut_is_hard(decoded):
    change = [np.abs(decoded[i].astype(float) - decoded[i - 1]).mean() for i in range(55, 66)]
    assert int(np.argmax(change)) + 55 == 60
