"""What the painter's shape promises, whatever its weights."""

from __future__ import annotations

import pytest
import torch

from tests.conformance.shots import texture
from vidstyle.nets.layers import SubPixel, double
from vidstyle.nets.painter import CODE, WIDTHS, Painter, join_code, split_code
from vidstyle.ops.statistics import Moments, moments


@pytest.fixture(scope="module")
def painter() -> Painter:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = Painter().eval()
        # As after training: the phases of the last layer differ.
        torch.nn.init.normal_(network.decoder.to_full.conv.weight, std=0.05)
    return network.requires_grad_(requires_grad=False)


def codes(painter: Painter, count: int) -> torch.Tensor:
    return painter.encode_style(torch.stack([texture(0, seed=i) for i in range(count)]))


@pytest.mark.parametrize("size", [(16, 16), (16, 72), (40, 24), (64, 64)])
def test_paints_any_multiple_of_8(painter: Painter, size: tuple[int, int]) -> None:
    content = texture(0, size=size)[None]
    painted = painter(content, codes(painter, 1))
    assert painted.shape == (1, 3, *size)
    assert painted.isfinite().all()


def test_flat_content_is_painted_flat(painter: Painter) -> None:
    generator = torch.Generator().manual_seed(6)
    flat = torch.tensor([0.3, 0.5, 0.8]).view(1, 3, 1, 1).expand(1, 3, 48, 64)
    for code in (codes(painter, 1), torch.rand(1, CODE, generator=generator)):
        painted = painter(flat, code)
        assert painted.std((2, 3)).max() < 1e-5


def test_its_parts_leave_flat_flat() -> None:
    flat = torch.full((1, 4, 6, 6), 0.7)
    assert torch.allclose(double(flat), torch.tensor(0.7))
    layer = SubPixel(4, 3)
    torch.nn.init.normal_(layer.conv.weight)
    grown = layer(flat)
    assert grown.shape == (1, 3, 12, 12)
    assert grown.std((2, 3)).max() < 1e-6


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_two_equal_styles_are_one(painter: Painter, share: float) -> None:
    code = codes(painter, 1)
    mixed = share * code + (1 - share) * code
    content = texture(3)[None]
    assert torch.allclose(painter(content, mixed), painter(content, code), atol=1e-5)


def test_styles_differ(painter: Painter) -> None:
    first, second = codes(painter, 2)
    content = texture(3)[None]
    assert (painter(content, first[None]) - painter(content, second[None])).abs().mean() > 1e-4


def test_a_batch_is_its_pictures(painter: Painter) -> None:
    content = torch.stack([texture(i) for i in range(2)])
    both = codes(painter, 2)
    each = torch.cat([painter(content[i : i + 1], both[i : i + 1]) for i in range(2)])
    assert torch.allclose(painter(content, both), each, atol=1e-5)


def test_a_code_splits_into_what_was_joined() -> None:
    generator = torch.Generator().manual_seed(7)
    parts = [Moments(*torch.rand(2, 2, width, generator=generator)) for width in WIDTHS]
    code = join_code(parts)
    assert code.shape == (2, CODE)
    for before, after in zip(parts, split_code(code), strict=True):
        assert torch.equal(before.mean, after.mean) and torch.equal(before.std, after.std)


def test_the_decoder_is_local_once_statistics_are_held(painter: Painter) -> None:
    content = texture(0, size=(16, 384))[None]
    changed = content.clone()
    changed[..., 376] = 1 - changed[..., 376]
    features = painter.content(content)
    held = [moments(f) for f in features]
    code = codes(painter, 1)
    before = painter.decoder(features, held, code)
    after = painter.decoder(painter.content(changed), held, code)
    assert torch.equal(before[..., :200], after[..., :200])
    assert (before - after).abs().max() > 1e-3


def test_with_its_own_statistics_a_far_pixel_matters(painter: Painter) -> None:
    """The counterpart of locality: held statistics are what buys it."""
    content = texture(0, size=(16, 384))[None]
    changed = content.clone()
    changed[..., 300:] = 1
    code = codes(painter, 1)
    assert not torch.equal(painter(content, code)[..., :100], painter(changed, code)[..., :100])


def test_a_style_is_the_same_in_any_memory_layout(painter: Painter) -> None:
    style = texture(0, seed=3)[None]
    last = style.contiguous(memory_format=torch.channels_last)
    assert torch.allclose(painter.encode_style(style), painter.encode_style(last), atol=1e-5)
