from __future__ import annotations

import pytest
import torch

from vidstyle.ops import bands
from vidstyle.ops.detail import sharpen_to, sharpness
from vidstyle.ops.filters import enlarge, enlarge_rows


@pytest.mark.parametrize("size", [(1, 1), (61, 40), (64, 40), (5, 2**18), (300, 1280)])
@pytest.mark.parametrize("margin", [0, 1, 9])
def test_bands_cover_the_picture_once(size: tuple[int, int], margin: int) -> None:
    rows = torch.arange(size[0])
    cut = list(bands.bands(torch.empty(1, 1, 1).expand(1, *size), margin))
    assert torch.equal(torch.cat([rows[band.own] for band in cut]), rows)
    for band in cut:
        assert torch.equal(rows[band.seen][band.inner], rows[band.own])
        assert band.seen == slice(max(0, band.own.start - margin), min(size[0], band.own.stop + margin))


def test_sharpness_in_bands_has_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    image, out = torch.rand(3, 61, 40), torch.empty(3, 61, 40)
    wanted = sharpness(image).mul_(1.3)
    whole = sharpen_to(image, wanted)
    monkeypatch.setattr(bands, "PIXELS", 8 * 40)
    assert torch.allclose(sharpness(image).mul_(1.3), wanted, atol=1e-6)
    assert torch.allclose(sharpen_to(image, wanted, out=out), whole, atol=1e-6)
    assert float(out.min()) >= 0 and float(out.max()) <= 1


@pytest.mark.parametrize("size", [(1, 1), (3, 4), (23, 40), (360, 7)])
@pytest.mark.parametrize("height", [1, 2, 45, 720])
def test_rows_are_those_of_the_whole_map(size: tuple[int, int], height: int) -> None:
    wide = torch.rand(2, *size)
    whole, middle = enlarge(wide, (height, size[1])), slice(height // 3, height)
    assert torch.allclose(enlarge_rows(wide, height, middle), whole[:, middle], atol=1e-5)
