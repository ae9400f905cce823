"""What the transform net's shape promises, whatever its weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import texture
from vidstyle.nets.layers import HeldNorm
from vidstyle.nets.transform import FastNet
from vidstyle.ops.statistics import Moments, moments


@pytest.fixture(scope="module")
def network() -> FastNet:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = FastNet().eval()
        # As after training: the phases of the last layer differ.
        torch.nn.init.normal_(network.to_full.conv.weight, std=0.05)
    return network.requires_grad_(requires_grad=False)


def test_it_is_small(network: FastNet) -> None:
    """A quarter of a megabyte in half precision."""
    assert 100_000 < sum(p.numel() for p in network.parameters()) < 125_000


@pytest.mark.parametrize("size", [(16, 16), (16, 72), (40, 24)])
def test_paints_any_multiple_of_8(network: FastNet, size: tuple[int, int]) -> None:
    painted = network(texture(0, size=size)[None])
    assert painted.shape == (1, 3, *size)
    assert painted.isfinite().all()


def test_flat_content_is_painted_flat(network: FastNet) -> None:
    flat = torch.tensor([0.3, 0.5, 0.8]).view(1, 3, 1, 1).expand(1, 3, 48, 64)
    # By its own statistics it would be the same whatever the color: those of a picture give it a color.
    held = network.statistics(network.encode(texture(0)[None, :, :40]))
    painted = network.decode(network.encode(flat), held)
    assert painted.std((2, 3)).max() < 1e-5


def test_with_held_statistics_a_pixel_sees_its_neighborhood_only(network: FastNet) -> None:
    image = texture(0, size=(16, 416))[None]
    changed = image.clone()
    changed[..., :8] = 1
    held = network.statistics(network.encode(image))
    difference = [a - b for a, b in zip(*(decoded(network, x, held) for x in (image, changed)), strict=True)]
    reach = difference[0].abs().amax((0, 1)).nonzero().max().item()
    assert 24 < reach < 8 + 96
    assert (network(image) - network(changed))[..., -8:].abs().max() > 1e-4, "not so by their own statistics"


def decoded(network: FastNet, image: Tensor, held: list[Moments]) -> Tensor:
    return network.decode(network.encode(image), held)


def test_a_moved_picture_is_painted_the_same_moved(network: FastNet) -> None:
    """By 8 pixels, the stride, and away from the borders."""
    wide = texture(0, size=(16, 432))[None]
    held = network.statistics(network.encode(wide[..., :-8]))
    here, there = (decoded(network, x, held) for x in (wide[..., :-8], wide[..., 8:]))
    assert torch.allclose(here[..., 136:-128], there[..., 128:-136], atol=1e-5)


def test_the_grain_of_an_empty_frame_is_not_blown_up(network: FastNet) -> None:
    grain = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    empty = network.encode(0.5 + 0.002 * grain)
    normed = network.norms[0](empty.half, network.statistics(empty)[0])
    assert normed.std((2, 3)).max() < 0.1, "by its own deviation it would be 1"
    full = network.encode(0.5 + 4 * grain)
    normed = network.norms[0](full.half, network.statistics(full)[0])
    assert normed.std((2, 3)).min() > 0.9


def test_normalization_gives_the_learned_mean_and_deviation() -> None:
    norm = HeldNorm(4)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, 2.0, 0.5, 0.0]))
        norm.bias.copy_(torch.tensor([0.0, 1.0, -1.0, 3.0]))
        x = 5 + 3 * torch.randn(2, 4, 8, 9)
        normed = norm(x, moments(x))
        assert torch.allclose(normed.mean((2, 3)), norm.bias.expand(2, 4), atol=1e-5)
        assert torch.allclose(normed.std((2, 3), correction=0), norm.weight.expand(2, 4), atol=1e-4)
        # Contrast and brightness of what comes in are gone.
        assert torch.allclose(norm(2 * x + 1, moments(2 * x + 1)), normed, atol=1e-4)


def test_it_can_learn_one_picture_by_heart(network: FastNet) -> None:
    picture = texture(0, size=(40, 40))[None]
    turned = picture.flip(1) * 0.5
    learner = FastNet()
    learner.load_state_dict(network.state_dict())
    optimizer = torch.optim.Adam(learner.parameters(), lr=5e-3)
    errors = []
    for _ in range(60):
        optimizer.zero_grad()
        error = (learner(picture) - turned).square().mean()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < errors[0] / 10
