"""The perceptual network that a run chose, ready for losses and features."""

from __future__ import annotations

import torch

from vidstyle.device import Compute
from vidstyle.nets.vgg import VGG19_WIDTHS, Vgg
from vidstyle.weights.store import load_into


def load_encoder(compute: Compute, *, pooling: str = "max") -> Vgg:
    """``slim`` or ``vgg19``, frozen, on the run's device; `WeightsError` when its file is missing."""
    network = Vgg(pooling=pooling) if compute.encoder == "slim" else Vgg(VGG19_WIDTHS, (), pooling=pooling)
    load_into(network, compute.weights(compute.encoder))
    network.eval().requires_grad_(False)
    return network.to(compute.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
