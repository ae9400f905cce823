"""The perceptual network that a run chose, ready for losses and features."""

from __future__ import annotations

from vidstyle.device import Compute
from vidstyle.nets.layers import ready
from vidstyle.nets.vgg import VGG19_WIDTHS, Vgg
from vidstyle.weights.store import load_into


def load_encoder(compute: Compute, *, pooling: str = "max") -> Vgg:
    """``slim`` or ``vgg19``, frozen, on the run's device; `WeightsError` when its file is missing."""
    network = Vgg(pooling=pooling) if compute.encoder == "slim" else Vgg(VGG19_WIDTHS, (), pooling=pooling)
    load_into(network, compute.weights(compute.encoder))
    return ready(network.requires_grad_(False), compute.device)
