"""The estimate of memory: what it follows, and that what is resident is told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.shots import texture
from vidstyle import footprint
from vidstyle.catalog import METHODS, MethodSpec, Stage
from vidstyle.device import ENCODERS
from vidstyle.encoding import EncodeSettings
from vidstyle.footprint import BASE, ENCODING, LOOKAHEAD, NETWORK, Load, peak_bytes, resident_bytes
from vidstyle.presets import build_look
from vidstyle.types import ClipInfo
from vidstyle.video.stills import write_picture


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The default method into pictures."""
    write_picture(tmp_path / "style.png", texture(0, size=(30, 40)))
    look = build_look({"style": {"images": [str(tmp_path / "style.png")]}}, where="test")
    return Load(
        look=look,
        encoder="slim",
        info=clip(),
        size=(360, 640),
        output="out.####.png",
        encoding=EncodeSettings(),
        frames=None,
    )


def clip(width: int = 640, height: int = 360) -> ClipInfo:
    rate = Fraction(25)
    return ClipInfo(Path("in.mp4"), width, height, rate, 1 / rate, None, 8, "yuv420p", "h264", "mp4")


def peak(load: Load, **change: Any) -> int:
    found = peak_bytes(replace(load, **change))
    assert found is not None
    return found


def test_it_grows_with_the_frame_above_what_is_always_there(load: Load) -> None:
    small = peak(load) - BASE - NETWORK
    large = peak(load, info=clip(1280, 720), size=(720, 1280)) - BASE - NETWORK
    assert large == 4 * small > 0
    assert peak(load, info=clip(1280, 720)) - peak(load) == 3 * 640 * 360 * footprint.READING


def test_a_long_movie_takes_what_its_encoder_looks_ahead(load: Load) -> None:
    area = 640 * 360
    assert peak(load, output="out.mp4") - peak(load) == ENCODING["libx264"] * area
    assert peak(load, output="out.mp4", frames=LOOKAHEAD // 3) - peak(load) == ENCODING["libx264"] * area // 3
    hevc = EncodeSettings(codec="hevc")
    assert peak(load, output="out.mp4", encoding=hevc) - peak(load) == ENCODING["libx265"] * area
    assert peak(load, output="out.png", frames=1) == peak(load)


def test_large_styles_count_where_they_outweigh_the_frames(load: Load) -> None:
    def scaled(percent: float) -> int:
        tables = {"images": [str(load.look.pictures[0].path)], "scale": percent}
        return peak(load, look=build_look({"style": tables}, where="test"))

    (spec,) = (spec for spec in METHODS if spec.name == "adain" and spec.stage is Stage.STYLIZER)
    assert scaled(50) == scaled(100)
    assert scaled(1000) == BASE + NETWORK + spec.bytes_per_style_pixel * 3600 * 4800


def test_a_method_that_tells_nothing_makes_it_unknown(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(stage: Stage, name: str) -> MethodSpec:
        spec = next(spec for spec in METHODS if (spec.stage, spec.name) == (stage, name))
        return replace(spec, bytes_per_pixel=()) if stage is Stage.STYLIZER else spec

    monkeypatch.setattr(footprint, "find_method", silent)
    assert peak_bytes(load) is None


@pytest.mark.parametrize("method", ["adain", "sanet", "fast", "color", "gatys", "quilt"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_methods_tell_what_they_take(load: Load, method: str, encoder: str) -> None:
    style = {} if method == "fast" else {"images": [str(load.look.pictures[0].path)]}
    look = build_look({"stylizer": {"method": method}, "style": style}, where="test")
    assert peak(load, look=look, encoder=encoder) > BASE


def test_what_is_resident_grows_with_what_is_held() -> None:
    before = resident_bytes()
    if before is None:
        pytest.skip("the system does not tell it in a file")
    held = bytearray(b"x") * 64_000_000
    after = resident_bytes()
    assert after is not None and after - before > 0.9 * len(held)
