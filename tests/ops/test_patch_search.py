"""Errors of patches against sums written out, and the choice among them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops.patch_search import PatchSearch, choose


def by_hand(picture: Tensor, patches: Tensor, weights: Tensor) -> Tensor:
    side = patches.shape[-1]
    windows = picture.double().unfold(1, side, 1).unfold(2, side, 1)
    differences = windows.movedim(0, 2)[None] - patches.double()[:, None, None]
    return (differences.square() * weights.double()[:, None, None]).sum((3, 4, 5))


@pytest.mark.parametrize("size", [(13, 21), (5, 7), (4, 4)])
def test_errors_are_sums_of_squared_differences(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(3)
    picture = torch.rand(4, *size, generator=generator)
    patches, weights = torch.rand(2, 5, 4, 4, 4, generator=generator)
    weights[3] = weights[1]  # Equal weights are worked out once.
    found = PatchSearch(picture).errors(patches, weights)
    assert found.shape == (5, size[0] - 3, size[1] - 3)
    # Some 60 terms of at most 1, in single precision.
    assert torch.allclose(found.double(), by_hand(picture, patches, weights), atol=2e-5)


def test_a_table_of_errors_by_hand() -> None:
    picture = torch.tensor([[[0.0, 0.0, 1.0], [0.0, 0.5, 0.0], [1.0, 0.0, 0.0]]])
    patch = torch.tensor([[[[0.0, 1.0], [0.5, 0.0]]]])
    weights = torch.tensor([[[[1.0, 1.0], [4.0, 1.0]]]])
    found = PatchSearch(picture).errors(patch, weights)
    assert torch.allclose(found, torch.tensor([[[2.25, 0.0], [1.25, 2.25]]]), atol=1e-6)


def test_nothing_known_is_alike_everywhere() -> None:
    found = PatchSearch(torch.rand(3, 9, 9)).errors(torch.rand(2, 3, 4, 4), torch.zeros(2, 3, 4, 4))
    assert torch.equal(found, torch.zeros(2, 6, 6))


def test_choice_is_even_among_the_good_and_never_among_the_bad() -> None:
    errors = torch.tensor([[4.0, 1.0, 1.09, 2.0, 1.0, 1.12]]).expand(3000, -1)
    luck = torch.rand(3000, generator=torch.Generator().manual_seed(0))
    chosen = choose(errors, torch.zeros(3000), luck, tolerance=0.1).bincount(minlength=6)
    assert chosen[[0, 3, 5]].sum() == 0
    # A third of 3000 each, deviation 26.
    assert ((chosen[[1, 2, 4]] - 1000).abs() < 130).all()


def test_slack_lets_in_what_rounding_parts() -> None:
    errors = torch.tensor([[0.0, 1e-6, 1.0]])
    assert choose(errors, torch.tensor([2e-6]), torch.tensor([0.9]), tolerance=0.1).item() == 1
    assert choose(errors, torch.tensor([0.0]), torch.tensor([0.9]), tolerance=0.1).item() == 0
