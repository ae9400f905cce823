"""Pictures, in and out."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from datetime import datetime
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests.media import exif_block, exif_time_block, png_bytes, smooth_image, with_exif
from vidstyle.errors import InputError, OutputError, UsageError
from vidstyle.video.headers import exif_time, read_header
from vidstyle.video.stills import encode_picture, picture_header, read_picture, write_picture


@pytest.mark.parametrize(
    ("extension", "bit_depth", "tolerance"),
    [(".png", 8, 0.5), (".png", 16, 0.002), (".tiff", 8, 0.5), (".tif", 16, 0.002), (".bmp", 8, 0.5), (".jpg", 8, 12),
     (".webp", 8, 20)],
)  # fmt: skip
def test_written_pictures_read_back(tmp_path: Path, extension: str, bit_depth: int, tolerance: float) -> None:
    image = smooth_image(0, width=33, height=21)
    write_picture(tmp_path / f"p{extension}", image, bit_depth=bit_depth)
    again = read_picture(tmp_path / f"p{extension}")
    assert again.dtype == torch.float32
    assert again.is_contiguous()
    assert (again - image).abs().max() * 255 <= tolerance + 0.01
    assert picture_header(tmp_path / f"p{extension}").upright_size == (33, 21)
    assert [path.name for path in tmp_path.iterdir()] == [f"p{extension}"]


def test_rounding_is_to_nearest() -> None:
    image = torch.tensor([0.4, 0.6, 254.6, 300.0]).div(255).expand(3, 1, 4)
    codes = cv2.imdecode(np.frombuffer(encode_picture(image, ".png"), np.uint8), cv2.IMREAD_UNCHANGED)
    assert codes is not None
    assert codes[0, :, 0].tolist() == [0, 1, 255, 255]


RED, BLUE = bytes([255, 0, 0]), bytes([0, 0, 255])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png_bytes(2, 1, depth=8, color_type=2, rows=[RED + BLUE]), [(1, 0, 0), (0, 0, 1)]),
        (png_bytes(2, 1, depth=8, color_type=0, rows=[b"\x33\xff"]), [(0.2, 0.2, 0.2), (1, 1, 1)]),
        (png_bytes(2, 1, depth=1, color_type=0, rows=[b"\x40"]), [(0, 0, 0), (1, 1, 1)]),
        (png_bytes(1, 1, depth=16, color_type=0, rows=[b"\x80\x00"]), [(32768 / 65535,) * 3]),
        # Gray with alpha, opaque and clear.
        (png_bytes(2, 1, depth=8, color_type=4, rows=[b"\x33\xff\x33\x00"]), [(0.2, 0.2, 0.2), (1, 1, 1)]),
        # RGBA at 20 %.
        (png_bytes(1, 1, depth=8, color_type=6, rows=[RED + b"\x33"]), [(1, 0.8, 0.8)]),
        (
            png_bytes(
                2, 1, depth=8, color_type=3, rows=[b"\0\1"], extra=[(b"PLTE", RED + BLUE), (b"tRNS", b"\xff\x00")]
            ),
            [(1, 0, 0), (1, 1, 1)],
        ),
        (
            png_bytes(2, 1, depth=8, color_type=2, rows=[RED + BLUE], extra=[(b"eXIf", exif_block(3))]),
            [(0, 0, 1), (1, 0, 0)],
        ),
    ],
    ids=["rgb", "gray", "bits", "gray16", "gray+alpha", "rgba", "palette", "exif"],
)
def test_kinds_of_png(tmp_path: Path, data: bytes, expected: list[tuple[float, float, float]]) -> None:
    (tmp_path / "p.png").write_bytes(data)
    image = read_picture(tmp_path / "p.png")
    assert torch.allclose(image[:, 0].T, torch.tensor(expected, dtype=torch.float32), atol=1e-3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    upright = torch.zeros(3, 16, 24)
    upright[0, :8, :8] = 1
    upright[1, :8, 8:] = 1
    stored = {
        1: upright,
        2: upright.flip(2),
        3: upright.flip(1, 2),
        4: upright.flip(1),
        5: upright.mT,
        6: upright.rot90(1, (1, 2)),
        7: upright.mT.flip(1, 2),
        8: upright.rot90(-1, (1, 2)),
    }[orientation]
    jpeg = encode_picture(stored, ".jpg")
    (tmp_path / "p.jpg").write_bytes(with_exif(jpeg, exif_block(orientation)))
    image = read_picture(tmp_path / "p.jpg")
    assert image.shape == upright.shape
    assert (image - upright).abs().mean() < 0.03
    assert picture_header(tmp_path / "p.jpg").upright_size == (24, 16)


TAKEN = datetime(2026, 6, 21, 18, 30, 15, 45000)
TIME_BLOCK = exif_time_block("2026:06:21 18:30:15", "045")


@pytest.mark.parametrize(
    "data",
    [
        with_exif(encode_picture(torch.zeros(3, 4, 6), ".jpg"), TIME_BLOCK),
        png_bytes(1, 1, depth=8, color_type=2, rows=[RED], extra=[(b"eXIf", TIME_BLOCK)]),
        encode_picture(torch.zeros(3, 4, 6), ".webp") + b"EXIF" + struct.pack("<I", len(TIME_BLOCK)) + TIME_BLOCK,
        exif_time_block("2026:06:21 18:30:15", "045", size=(6, 4)),
    ],
    ids=["jpg", "png", "webp", "tiff"],
)
def test_the_time_of_a_picture_is_read(data: bytes) -> None:
    assert read_header(BytesIO(data)).taken == TAKEN


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (exif_time_block("2026:06:21 18:30:15"), TAKEN.replace(microsecond=0)),
        (exif_time_block("2026:06:21 18:30:15", "5"), TAKEN.replace(microsecond=500000)),
        (exif_time_block("2026:06:21 18:30:15", "x"), TAKEN.replace(microsecond=0)),
        (exif_time_block("2026-06-21"), None),
        (exif_time_block("    :  :     :  :  "), None),
        (exif_time_block("\xff"), None),
        (TIME_BLOCK[:40], None),
        (exif_block(1), None),
        (b"", None),
    ],
)
def test_a_time_that_is_none_is_no_error(block: bytes, expected: datetime | None) -> None:
    assert exif_time(BytesIO(block)) == expected


def test_orientation_of_tiff_is_applied_once(tmp_path: Path) -> None:
    image = smooth_image(0, width=24, height=16)
    data = bytearray(encode_picture(image.rot90(1, (1, 2)), ".tiff"))
    offset, count = struct.unpack_from("<I", data, 4)[0], 0
    count = struct.unpack_from("<H", data, offset)[0]
    entries = [bytes(data[offset + 2 + 12 * k : offset + 14 + 12 * k]) for k in range(count)]
    entries = sorted([*entries, struct.pack("<HHIHH", 0x112, 3, 1, 6, 0)], key=lambda e: struct.unpack("<H", e[:2]))
    data += b"\0" * (len(data) % 2)
    struct.pack_into("<I", data, 4, len(data))
    data += struct.pack("<H", len(entries)) + b"".join(entries) + b"\0\0\0\0"
    (tmp_path / "p.tiff").write_bytes(data)
    assert (read_picture(tmp_path / "p.tiff") - image).abs().max() < 0.01
    assert picture_header(tmp_path / "p.tiff").upright_size == (24, 16)


def refused(path: Path, **options: int) -> str:
    with pytest.raises(InputError) as caught:
        read_picture(path, **options)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_what_is_no_picture_is_refused_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    good = encode_picture(smooth_image(0), ".png")
    (tmp_path / "text.png").write_bytes(b"hello, I am no picture at all")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "short.jpg").write_bytes(encode_picture(smooth_image(0), ".jpg")[:-400])
    (tmp_path / "head.jpg").write_bytes(encode_picture(smooth_image(0), ".jpg")[:30])
    (tmp_path / "head.tiff").write_bytes(b"II*\0\xff\xff\0\0")
    flipped = bytearray(good)
    flipped[60:80] = b"\0" * 20
    (tmp_path / "bad.png").write_bytes(flipped)
    os.mkfifo(tmp_path / "fifo.png")
    assert "is not a picture" in refused(tmp_path / "text.png")
    assert "is not a picture" in refused(tmp_path / "empty.png")
    assert "cut short" in refused(tmp_path / "short.jpg")
    assert "damaged" in refused(tmp_path / "head.jpg")
    assert "damaged" in refused(tmp_path / "head.tiff")
    assert "damaged" in refused(tmp_path / "bad.png")
    assert "No such file" in refused(tmp_path / "none.png")
    assert "folder" in refused(tmp_path)
    assert "ordinary" in refused(tmp_path / "fifo.png")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_bytes(65535, 65535, depth=8, color_type=2, rows=[]))
    assert "65535x65535" in refused(tmp_path / "bomb.png")
    (tmp_path / "small.png").write_bytes(encode_picture(smooth_image(0, width=30, height=30), ".png"))
    assert "more than 899" in refused(tmp_path / "small.png", max_pixels=899)
    assert read_picture(tmp_path / "small.png", max_pixels=900).shape == (3, 30, 30)


def test_extensions_and_depths_that_cannot_be_written() -> None:
    with pytest.raises(UsageError, match=r"did you mean '\.png'"):
        encode_picture(smooth_image(0), ".pngg")
    with pytest.raises(UsageError, match=r"\.jpg pictures have no 16 bits"):
        encode_picture(smooth_image(0), ".jpg", 16)


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such folder"):
        write_picture(tmp_path / "none" / "p.png", smooth_image(0))


def test_stills_load_without_libav() -> None:
    # An empty module stands in for torch, which takes seconds to load.
    code = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n"
        "import vidstyle.video.stills; sys.exit('av' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
