"""The perceptual network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.conformance.shots import texture
from vidstyle.nets.vgg import LAYERS, LIFTED_LAYERS, SLIM_WIDTHS, VGG19_WIDTHS, Vgg
from vidstyle.ops.statistics import moments


@pytest.fixture(scope="module")
def vgg() -> Vgg:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return Vgg().eval().requires_grad_(requires_grad=False)


def test_it_has_the_layers_of_vgg19_to_relu5_1(vgg: Vgg) -> None:
    assert len(LAYERS) == 13 and LAYERS[0] == "relu1_1" and LAYERS[-1] == "relu5_1"
    features = vgg(texture(0, size=(64, 96))[None], LAYERS)
    assert list(features) == list(LAYERS)
    for layer, x in features.items():
        block = int(layer[4]) - 1
        assert x.shape == (1, SLIM_WIDTHS[block], 64 // 2**block, 96 // 2**block)


def test_only_what_is_asked_for_is_computed(vgg: Vgg) -> None:
    # Too small for block 5, which would have nothing to reflect.
    tiny = texture(0, size=(16, 16))[None]
    assert list(vgg(tiny, ["relu3_1", "relu1_2"])) == ["relu1_2", "relu3_1"]
    with pytest.raises(RuntimeError):
        vgg(tiny, ["relu5_1"])


def test_moments_are_those_of_the_lifted_features(vgg: Vgg) -> None:
    features = vgg(texture(0, size=(48, 64))[None], [*LIFTED_LAYERS[:4], "relu4_2"])
    lifted = vgg.lift(features)
    assert [x.shape[1] for x in lifted.values()] == [*VGG19_WIDTHS[:4], SLIM_WIDTHS[3]]
    for layer, short in vgg.moments(features).items():
        direct = moments(lifted[layer])
        assert torch.allclose(direct.mean, short.mean, atol=1e-4)
        assert torch.allclose(direct.std, short.std, atol=1e-4)


def test_the_first_layer_by_hand(vgg: Vgg) -> None:
    image = texture(0, size=(20, 24))[None]
    weight, bias = (vgg.get_parameter(f"convs.relu1_1.{kind}") for kind in ("weight", "bias"))
    by_hand = F.relu(F.conv2d(F.pad(image, (1, 1, 1, 1), mode="reflect"), weight, bias))
    assert torch.allclose(vgg(image, ["relu1_1"])["relu1_1"], by_hand, atol=1e-6)


def test_average_pooling_is_another_network() -> None:
    networks = [Vgg((4,) * 5, (), pooling=kind) for kind in ("max", "average")]
    networks[1].load_state_dict(networks[0].state_dict())
    strong, mild = (n(texture(0, size=(32, 32))[None], ["relu1_2", "relu2_1"]) for n in networks)
    assert torch.equal(strong["relu1_2"], mild["relu1_2"])
    assert not torch.equal(strong["relu2_1"], mild["relu2_1"])
