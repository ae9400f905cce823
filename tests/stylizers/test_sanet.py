"""Style attention as a stylizer, with untrained networks: what holds whatever they have learned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch

from tests.conformance.shots import frames, steps, style, texture
from tests.conftest import save_random
from vidstyle.device import Compute
from vidstyle.errors import WeightsError
from vidstyle.method_options import SANetOptions
from vidstyle.nets.sanet import LAYERS, Sanet
from vidstyle.nets.vgg import Vgg
from vidstyle.stylizers.sanet import SANet
from vidstyle.types import Frame, Image, Reach, Step, Style


@dataclass(frozen=True)
class Studio:
    """Both networks of one kind of attention."""

    attention: str
    compute: Compute

    def make(self, look: Style | None = None, **options: float) -> SANet:
        settings = SANetOptions(attention=self.attention, **options)  # type: ignore[arg-type]
        return SANet(settings, look or style(), self.compute)

    def paint(self, shot: list[Step], look: Style | None = None, **options: float) -> list[Image]:
        return list(self.make(look, **options).stylize(shot))


@pytest.fixture(scope="module", params=["cosine", "softmax"])
def studio(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    folder = tmp_path_factory.mktemp("weights")
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(9)
        encoder, network = Vgg(), Sanet(request.param)
        for convolution in encoder.convs.values():
            convolution.get_parameter("weight").mul_(6**0.5)  # Keeps the energy of features from layer to layer.
        network.calibrate(encoder(texture(0, size=(64, 64))[None], LAYERS))
        torch.nn.init.normal_(network.to_full.conv.weight, std=0.05)
    own = {"slim": save_random(encoder, folder / "slim"), "sanet": save_random(network, folder / "sanet")}
    return Studio(request.param, Compute(torch.device("cpu"), own_weights=own))


def test_strength_moves_away_from_the_content_step_by_step(studio: Studio) -> None:
    shot = steps(frames(0, 1))
    rows = [studio.paint(shot, strength=s)[0] for s in (0.0, 0.5, 1.0)]
    distances = [float((row - rows[0]).abs().mean()) for row in rows]
    assert distances[0] == 0
    assert distances == sorted(set(distances))


def test_strength_0_does_not_see_the_style(studio: Studio) -> None:
    shot = steps(frames(0, 2))
    other = Style((texture(0, seed=90),), (1.0,))
    for a, b in zip(studio.paint(shot, strength=0), studio.paint(shot, other, strength=0), strict=True):
        assert torch.allclose(a, b, atol=1e-5)
    assert not torch.allclose(studio.paint(shot)[0], studio.paint(shot, other)[0], atol=1e-3)


def test_two_equal_styles_are_one_and_a_weight_of_0_is_none(studio: Studio) -> None:
    shot = steps(frames(0, 1))
    picture, other = texture(0, seed=60), texture(0, seed=61)
    alone = studio.paint(shot, Style((picture,), (1.0,)))[0]
    twice = studio.paint(shot, Style((picture, picture), (0.3, 0.7)))[0]
    silent = studio.paint(shot, Style((picture, other), (1.0, 0.0)))[0]
    assert torch.allclose(alone, twice, atol=1e-4)
    assert torch.allclose(alone, silent, atol=1e-4)


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_a_run_that_starts_reach_early_gives_the_same_bytes(studio: Studio, strength: float) -> None:
    shown = frames(0, 8)
    stylizer = studio.make(hold=3, strength=strength)
    assert stylizer.reach == Reach(before=2)
    whole = list(stylizer.stylize(steps(shown)))
    late = list(stylizer.stylize(steps(shown[3:])))
    assert all(torch.equal(a, b) for a, b in zip(whole[5:], late[2:], strict=True))
    assert not torch.equal(whole[3], late[0])


def test_held_statistics_keep_a_wall_when_someone_walks_in(studio: Studio) -> None:
    """A change in one corner moves the opposite corner less when statistics are held."""
    plain = frames(0, 6, size=(32, 480))
    image = plain[5].image.clone()
    image[:, :, 440:] = 0
    walked = [*plain[:5], Frame(plain[5].index, plain[5].pts, plain[5].time_base, image)]
    change = {}
    for hold in (1, 6):
        pair = [studio.paint(steps(shown), hold=hold)[5][..., :100] for shown in (plain, walked)]
        change[hold] = float((pair[0] - pair[1]).abs().mean())
    assert 0 < change[6] < 0.3 * change[1]


def test_bf16_is_close_to_fp32(studio: Studio) -> None:
    shot = steps(frames(0, 1))
    coarse = SANet(SANetOptions(attention=studio.attention), style(), replace(studio.compute, precision="bf16"))
    (exact,), (found,) = studio.paint(shot), list(coarse.stylize(shot))
    assert found.dtype == torch.float32
    assert 0 < (found - exact).square().mean() < 10**-3.5


def test_the_encoder_of_the_run_is_not_asked(studio: Studio) -> None:
    shot = steps(frames(0, 1))
    other = SANet(SANetOptions(attention=studio.attention), style(), replace(studio.compute, encoder="vgg19"))
    assert torch.equal(studio.paint(shot)[0], next(iter(other.stylize(shot))))


def test_weights_of_the_other_attention_are_refused(studio: Studio) -> None:
    other = {"cosine": "softmax", "softmax": "cosine"}[studio.attention]
    with pytest.raises(WeightsError, match="not for Sanet"):
        SANet(SANetOptions(attention=other), style(), studio.compute)
