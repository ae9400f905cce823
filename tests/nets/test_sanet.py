"""What style attention computes, and what the shape of its network promises, whatever the weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import texture
from vidstyle.nets.attention import FLOOR, PLACES, CosineAttention, SoftmaxAttention
from vidstyle.nets.sanet import CODE, LAYERS, LEAST_STD, Palette, Sanet, Views
from vidstyle.nets.vgg import SLIM_WIDTHS, Vgg

WIDTH = 6
KINDS = ("cosine", "softmax")


@pytest.fixture(scope="module")
def encoder() -> Vgg:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        network = Vgg().eval().requires_grad_(requires_grad=False)
    for convolution in network.convs.values():
        convolution.get_parameter("weight").mul_(
            6**0.5
        )  # Keeps the energy of features from layer to layer (He et al. 2015).
    return network


@pytest.fixture(scope="module", params=KINDS)
def network(request: pytest.FixtureRequest, encoder: Vgg) -> Sanet:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        made = Sanet(request.param).eval().requires_grad_(requires_grad=False)
        made.calibrate(encoder(torch.stack([texture(0, size=(64, 64), seed=i) for i in range(4)]), LAYERS))
        # As after training: the last layer speaks up, and its phases differ.
        torch.nn.init.normal_(made.to_full.conv.weight, std=0.05)
    return made


def look(network: Sanet, encoder: Vgg, *pictures: Tensor) -> Views:
    return network.views(encoder(torch.stack(pictures), LAYERS))


def palette(network: Sanet, encoder: Vgg, *seeds: int, size: tuple[int, int] = (48, 64)) -> Palette:
    return network.remember(look(network, encoder, *(texture(0, size=size, seed=seed) for seed in seeds)))


def paint(network: Sanet, views: Views, style: Palette) -> Tensor:
    return network.paint(views, network.moments(views), style)


def attention(kind: str, **options: int) -> Any:
    torch.manual_seed(3)
    made: Any = {"cosine": CosineAttention, "softmax": SoftmaxAttention}[kind](WIDTH, **options)
    return made.requires_grad_(requires_grad=False)


def features(*size: int, seed: int = 0) -> Tensor:
    return 2 * torch.randn(1, WIDTH, *size, generator=torch.Generator().manual_seed(seed))


def at_once(made: Any, content: Tensor, style: list[Tensor], shares: list[float]) -> Tensor:
    """The answer by the textbook: a table of weights for every pair of places."""
    queries = made.query(content).flatten(2)[0].T
    keys = torch.cat([made.key(x).flatten(2)[0].T for x in style])
    values = torch.cat([x.flatten(2)[0].T for x in style])
    share = torch.cat([torch.full((x[0, 0].numel(),), s / x[0, 0].numel()) for x, s in zip(style, shares, strict=True)])
    if isinstance(made, CosineAttention):
        queries, keys = (x.relu() / (1 + x.relu().square().sum(1, keepdim=True)).sqrt() for x in (queries, keys))
        weights = share * (FLOOR + queries @ keys.T)
    else:
        weights = share * (queries @ keys.T).exp()
    weights = weights / weights.sum(1, keepdim=True)
    answer = weights @ values - share @ values
    result: Tensor = made.out(answer.T.reshape(content.shape))
    return result


@pytest.mark.parametrize("kind", KINDS)
def test_attention_is_a_weighted_mean_over_all_places(kind: str) -> None:
    made, content, style = attention(kind), features(4, 5), features(3, 7, seed=1)
    found = made(content, made.remember(style, style))
    assert torch.allclose(found, at_once(made, content, [style], [1.0]), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_memories_are_the_places_of_all_pictures(kind: str) -> None:
    made, content = attention(kind), features(4, 5)
    styles = [features(3, 7, seed=1), features(6, 2, seed=2)]
    memory = made.mix([made.remember(x, x) for x in styles], [0.3, 0.7])
    assert torch.allclose(made(content, memory), at_once(made, content, styles, [0.3, 0.7]), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_even_style_has_nothing_to_add(kind: str) -> None:
    made = attention(kind)
    even = torch.ones(1, WIDTH, 3, 4)
    found = made(features(4, 5), made.remember(torch.zeros_like(even), even))
    assert torch.allclose(found, made.out.bias.view(1, -1, 1, 1).expand_as(found), atol=1e-5)


def test_chunks_of_queries_change_nothing() -> None:
    content, style = features(9, 11), features(8, 8, seed=1)
    found = []
    for queries in (7, 32, 4096):
        made = attention("softmax", queries=queries)
        found.append(made(content, made.remember(style, style)))
    assert torch.allclose(found[0], found[2], atol=1e-6) and torch.allclose(found[1], found[2], atol=1e-6)


def test_a_softmax_keeps_so_many_places_of_a_picture_a_cosine_none() -> None:
    large = features(80, 70)
    assert attention("softmax").remember(large, large).keys.shape == (1, PLACES, WIDTH)
    assert attention("cosine").remember(large, large).shape == (1, WIDTH + 1, WIDTH + 1)


def test_a_cosine_cannot_be_outshouted() -> None:
    """However loud a place of the content is, its answer stays that of its direction; a softmax picks one place."""
    style, loud = features(3, 7, seed=1), 1e3 * features(4, 5)
    made = attention("cosine")
    memory = made.remember(style, style)
    assert torch.allclose(made(loud, memory), made(1e2 * loud, memory), atol=1e-3)
    deviations = style.flatten(2)[0].T - style.flatten(2)[0].T.mean(0)
    picked = made.out(deviations.T[None, :, :, None])[0, :, :, 0].T
    softmax = attention("softmax")
    softmax.out.load_state_dict(made.out.state_dict())
    answers = softmax(loud, softmax.remember(style, style)).flatten(2)[0].T
    assert torch.cdist(answers, picked).min(1).values.max() < 1e-3


@pytest.mark.parametrize("size", [(32, 32), (32, 80), (48, 64)])
def test_paints_any_multiple_of_16(network: Sanet, encoder: Vgg, size: tuple[int, int]) -> None:
    painted = paint(network, look(network, encoder, texture(0, size=size)), palette(network, encoder, 1))
    assert painted.shape == (1, 3, *size)
    assert painted.isfinite().all()


def test_flat_content_is_painted_flat(network: Sanet, encoder: Vgg) -> None:
    flat = torch.tensor([0.3, 0.5, 0.8]).view(3, 1, 1).expand(3, 48, 64)
    painted = paint(network, look(network, encoder, flat), palette(network, encoder, 1))
    # The last line and column see the replicated border of the 2x2 box.
    assert painted[..., :-1, :-1].std((2, 3)).max() < 1e-4


def test_a_batch_is_its_pictures(network: Sanet, encoder: Vgg) -> None:
    pictures = [texture(i, size=(48, 64)) for i in range(2)]
    both = paint(network, look(network, encoder, *pictures), palette(network, encoder, 1, 2))
    for i, picture in enumerate(pictures):
        alone = paint(network, look(network, encoder, picture), palette(network, encoder, 1 + i))
        assert torch.allclose(both[i], alone[0], atol=1e-4)


def test_palettes_mix(network: Sanet, encoder: Vgg) -> None:
    views = look(network, encoder, texture(3, size=(48, 64)))
    first, second = (palette(network, encoder, i) for i in (1, 2))
    same = network.mix([first, first], [0.3, 0.7])
    alone = paint(network, views, first)
    assert torch.allclose(paint(network, views, same), alone, atol=1e-4)
    half = paint(network, views, network.mix([first, second], [0.5, 0.5]))
    other = paint(network, views, second)
    assert 0 < (half - alone).norm() < (other - alone).norm()
    assert first.code.shape == (1, CODE)


def test_the_network_is_local_once_statistics_are_held(network: Sanet, encoder: Vgg) -> None:
    content = texture(0, size=(32, 640))
    changed = content.clone()
    changed[..., 632] = 1 - changed[..., 632]
    views, style = look(network, encoder, content), palette(network, encoder, 1)
    held = network.moments(views)
    before = network.paint(views, held, style)
    after = network.paint(look(network, encoder, changed), held, style)
    assert torch.equal(before[..., :200], after[..., :200])
    assert (before - after).abs().max() > 1e-4
    far = paint(network, look(network, encoder, changed), style)
    assert not torch.equal(before[..., :200], far[..., :200])


def test_a_silent_channel_does_not_shout(network: Sanet, encoder: Vgg) -> None:
    flat = look(network, encoder, torch.full((3, 48, 64), 0.5))
    assert all((m.std >= LEAST_STD).all() for m in network.moments(flat))


def test_calibration_makes_every_channel_vary_alike() -> None:
    generator = torch.Generator().manual_seed(8)
    seen = {}
    for i, (layer, width) in enumerate(zip(LAYERS, SLIM_WIDTHS, strict=True)):
        loudness = 10 ** (3 * torch.rand(width, 1, 1, generator=generator) - 1)
        seen[layer] = loudness * torch.rand(2, width, 64 // 2**i, 64 // 2**i, generator=generator)
    made = Sanet()
    made.calibrate(seen)
    for view in made.views(seen)[1:]:
        assert torch.allclose(view.std((2, 3), correction=0).mean(0), torch.ones(view.shape[1]), atol=0.01)


def test_the_file_is_small(network: Sanet) -> None:
    # In half precision, without the encoder.
    assert 2 * sum(p.numel() for p in network.parameters()) <= 1.7e6
