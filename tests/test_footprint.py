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
from vidstyle.footprint import ENCODING, IMAGE, LOOKAHEAD, NETWORK, Load, base_bytes, peak_bytes, resident_bytes
from vidstyle.pipeline import steps_ahead
from vidstyle.presets import Look, build_look
from vidstyle.registry import find_method
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
    small = peak(load) - base_bytes() - NETWORK[""]
    large = peak(load, info=clip(1280, 720), size=(720, 1280)) - base_bytes() - NETWORK[""]
    assert large == 4 * small > 0
    assert peak(load, info=clip(1280, 720)) - peak(load) == 3 * 640 * 360 * footprint.READING


def test_a_long_movie_takes_what_its_encoder_looks_ahead(load: Load) -> None:
    area = 640 * 360
    assert peak(load, output="out.mp4") - peak(load) == ENCODING["libx264"] * area
    assert peak(load, output="out.mp4", frames=LOOKAHEAD // 3) - peak(load) == ENCODING["libx264"] * area // 3
    hevc = EncodeSettings(codec="hevc")
    assert peak(load, output="out.mp4", encoding=hevc) - peak(load) == ENCODING["libx265"] * area
    assert peak(load, output="out.png", frames=9) == peak(load)


def test_a_still_has_no_motion_and_nothing_ahead(load: Load) -> None:
    """Four images less, the motion of five steps, and the work of searching it."""
    (dis,) = (dict(spec.bytes_per_pixel)[""] for spec in METHODS if spec.name == "dis")
    assert peak(load) - peak(load, frames=1) == (9 * IMAGE + dis) * 640 * 360
    assert peak(load) - peak(load, frames=2) == 6 * IMAGE * 640 * 360


def test_large_styles_count_where_they_outweigh_the_frames(load: Load) -> None:
    def scaled(percent: float) -> int:
        tables = {"images": [str(load.look.pictures[0].path)], "scale": percent}
        return peak(load, look=build_look({"style": tables}, where="test"))

    (spec,) = (spec for spec in METHODS if spec.name == "adain" and spec.stage is Stage.STYLIZER)
    held = IMAGE * (360 * 480 - 180 * 240)
    assert scaled(100) - scaled(50) == held
    each = dict(spec.bytes_per_style_pixel)[""] + IMAGE
    assert scaled(1000) == base_bytes() + NETWORK[""] + each * 3600 * 4800


def test_a_method_that_tells_nothing_makes_it_unknown(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(stage: Stage, name: str) -> MethodSpec:
        spec = next(spec for spec in METHODS if (spec.stage, spec.name) == (stage, name))
        return replace(spec, bytes_per_pixel=()) if stage is Stage.STYLIZER else spec

    monkeypatch.setattr(footprint, "find_method", silent)
    assert peak_bytes(load) is None


def look_of(load: Load, **tables: Any) -> Look:
    style = {} if tables["stylizer"]["method"] == "fast" else {"images": [str(load.look.pictures[0].path)]}
    return build_look({"style": style, **tables}, where="test")


@pytest.mark.parametrize("spec", [spec for spec in METHODS if spec.stage is not Stage.STABILIZER], ids=lambda s: s.name)
def test_every_method_tells_what_it_takes(load: Load, spec: MethodSpec) -> None:
    stylizer = {"method": spec.name if spec.stage is Stage.STYLIZER else "gatys"}
    flow = {"flow": {"method": spec.name}} if spec.stage is Stage.FLOW else {}
    slim, wide = (peak(load, look=look_of(load, stylizer=stylizer, **flow), encoder=name) for name in ENCODERS)
    assert base_bytes() < slim and (slim < wide) == find_method(Stage.STYLIZER, stylizer["method"]).uses_encoder


@pytest.mark.parametrize(("method", "least"), [("photo", 640), ("quilt", 360)])
def test_what_is_searched_counts_at_the_size_of_the_search(load: Load, method: str, least: int) -> None:
    """Up to the frame's own size, of which `least` is the side that the option bounds."""
    spec = find_method(Stage.STYLIZER, method)
    sizes = (least // 2, least, 2 * least)
    half, whole, more = (peak(load, look=look_of(load, stylizer={"method": method, "size": size})) for size in sizes)
    searched = 640 * 360 + 480 * 360
    assert (
        whole - half == dict(spec.bytes_per_pixel).get("slim", dict(spec.bytes_per_pixel).get("")) * searched * 3 // 4
    )
    assert more == whole


def test_comparing_all_with_all_grows_with_the_square(load: Load) -> None:
    """RAFT's volume of correlations."""
    spec = find_method(Stage.FLOW, "raft-small")
    each = dict(spec.bytes_per_pixel)[""]
    flows = [{"method": "raft-small", "max_size": longest} for longest in (320, 640)]
    small, large = (peak(load, look=look_of(load, stylizer={"method": "gatys"}, flow=flow)) for flow in flows)
    area = 640 * 360
    assert large - small == pytest.approx(each * area * 3 / 4 + spec.bytes_per_pair * area**2 * 15 / 16, abs=1)


def test_less_is_read_ahead_of_large_frames(load: Load) -> None:
    def each(height: int, width: int) -> float:
        look = look_of(load, stylizer={"method": "color"})
        held = IMAGE * height * (height * 4 // 3) + base_bytes()
        return (peak(load, look=look, info=clip(width, height), size=(height, width)) - held) / (height * width)

    assert steps_ahead(360 * 640) - steps_ahead(2160 * 3840) == 2
    assert each(360, 640) - each(2160, 3840) == 2 * IMAGE


def test_what_is_resident_grows_with_what_is_held() -> None:
    before = resident_bytes()
    if before is None:
        pytest.skip("the system does not tell it in a file")
    held = bytearray(b"x") * 64_000_000
    after = resident_bytes()
    assert after is not None and after - before > 0.9 * len(held)


def test_what_is_looked_back_at_counts(load: Load) -> None:
    """Motion over two and over four frames in each of five steps; three frames more as read, and of each chain."""

    def looking(memory: int, **change: Any) -> int:
        return peak(load, look=look_of(load, stylizer={"method": "gatys", "memory": memory}), **change)

    area = 640 * 360
    assert looking(2) - looking(1) == IMAGE * (5 + 2 + 2 * 1) * area
    assert looking(4) - looking(1) == IMAGE * (10 + 4 + 2 * 3) * area
    assert looking(4, frames=1) == looking(1, frames=1)
