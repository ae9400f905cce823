"""Patches find their like, whatever the scale of features, and their votes are what Li and Wand's code descends to."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from vidstyle.ops import patch_votes
from vidstyle.ops.patch_votes import Patches, best_matches, join_patches, sample_patches, votes


def features(*size: int, seed: int = 0) -> Tensor:
    """As after a ReLU: half of it 0."""
    return torch.randn(size, generator=torch.Generator().manual_seed(seed)).clamp_min_(0)


def kept(planes: Tensor) -> Patches:
    return join_patches([sample_patches(planes)], [1.0])


def windows(planes: Tensor) -> Tensor:
    """All 3 x 3 patches, ``(N, C * 9)``, by the library's own unfolding."""
    return F.unfold(planes[None], 3)[0].T


def test_every_patch_of_a_picture_matches_itself_and_asks_for_what_is_there() -> None:
    picture = features(32, 24, 30)
    patches = kept(picture)
    found = best_matches(picture, patches)
    assert torch.equal(found, torch.arange(22 * 28).view(22, 28))
    assert torch.allclose(votes(found, patches), picture, atol=1e-5)


def test_a_patch_s_score_with_itself_is_its_length() -> None:
    """What dividing the style's side alone leaves."""
    patches = kept(features(32, 24, 30))
    score = (patches.values * patches.values).sum(1) / patches.lengths
    assert ((score / patches.lengths - 1).abs() < 7e-6).all()


def test_matches_are_those_of_comparing_one_by_one() -> None:
    picture, style = features(5, 6, 6), features(5, 6, 6, seed=1)
    ours, theirs = (windows(x - x.mean((1, 2), keepdim=True)) for x in (picture, style))
    likeness = [[float(one @ other / (one.norm() * other.norm())) for other in theirs] for one in ours]
    wanted = [row.index(max(row)) for row in likeness]
    assert best_matches(picture, kept(style)).flatten().tolist() == wanted


def test_matches_are_those_of_a_convolution_with_the_style_s_patches() -> None:
    picture, style = (x - x.mean((1, 2), keepdim=True) for x in (features(8, 9, 11), features(8, 12, 7, seed=1)))
    kernels = F.normalize(windows(style), dim=1).view(-1, 8, 3, 3)
    assert torch.equal(best_matches(picture, kept(style)), F.conv2d(picture[None], kernels)[0].argmax(0))


@pytest.mark.parametrize(("gain", "shift"), [(7.5, 0.0), (0.01, 0.0), (3.0, 5.0)])
def test_matches_do_not_see_gain_and_shift_of_the_picture(gain: float, shift: float) -> None:
    picture, patches = features(16, 14, 18), kept(features(16, 17, 13, seed=1))
    assert torch.equal(best_matches(picture, patches), best_matches(gain * picture + shift, patches))


def test_strong_patches_win_nothing_by_their_strength() -> None:
    picture, patches = features(16, 12, 12), kept(features(16, 12, 12, seed=1))
    gain = 1 + 9 * (torch.arange(100) % 2)
    uneven = patches._replace(values=patches.values * gain[:, None], lengths=patches.lengths * gain)
    found = best_matches(picture, patches)
    assert torch.equal(found, best_matches(picture, uneven))
    assert (best_matches(picture, uneven._replace(lengths=torch.ones(100))) % 2 == 1).all()
    assert 0.3 < (found % 2).float().mean() < 0.7


def test_where_votes_differ_their_mean_counts() -> None:
    """Along a row of 5 places, three patches that are flat 1, 2 and 4 cover them once, twice, three times, ..."""
    flat = torch.tensor([1.0, 2.0, 4.0])[:, None].expand(3, 9).contiguous()
    patches = Patches(flat, flat.norm(dim=1), torch.zeros(1))
    asked = votes(torch.tensor([[0, 1, 2]]), patches)
    assert asked.shape == (1, 3, 5)
    assert torch.allclose(asked[0, 1], torch.tensor([1, 1.5, 7 / 3, 3, 4]))


def test_the_slope_is_that_of_all_patches_over_how_many_cover_a_place() -> None:
    picture, patches = features(4, 7, 9).requires_grad_(), kept(features(4, 8, 8, seed=1))
    found = best_matches(picture.detach(), patches)
    matched = (patches.values + patches.mean.repeat(9))[found.flatten()].view(-1, 9, 4).transpose(1, 2).flatten(1)
    (slope,) = torch.autograd.grad((windows(picture) - matched).square().sum(), picture)
    cover = F.fold(torch.ones(1, 9, 35), (7, 9), 3)[0]
    (ours,) = torch.autograd.grad((picture - votes(found, patches)).square().sum(), picture)
    assert torch.allclose(ours, slope / cover, atol=1e-5)


def test_tables_are_bounded_and_bounds_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, patches = features(4, 30, 40), kept(features(4, 25, 28, seed=1))
    at_once = best_matches(picture, patches)
    monkeypatch.setattr(patch_votes, "MOST_VALUES", 6000)
    largest = Largest()
    with largest:
        in_turns = best_matches(picture, patches)
    assert torch.equal(at_once, in_turns)
    assert largest.numel <= 6000 < at_once.numel() * len(patches.values)


class Largest(TorchDispatchMode):
    """The size of the largest result of any operation within."""

    numel = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for one in result if isinstance(result, tuple | list) else (result,):
            # Views hold nothing of their own.
            if isinstance(one, Tensor) and one._base is None:
                self.numel = max(self.numel, one.numel())
        return result


def test_of_too_many_patches_evenly_spaced_ones_are_kept() -> None:
    picture = torch.arange(144.0).view(1, 12, 12)
    everything = sample_patches(picture).values
    assert torch.equal(sample_patches(picture, most=10).values, everything[::10])
    assert torch.equal(sample_patches(picture, share=0.5).values, everything[::2])
    assert len(sample_patches(picture, share=1e-9).values) == 1


def test_flat_paint_has_no_direction_and_harms_no_match() -> None:
    flat = kept(torch.full((4, 5, 5), 2.0))
    found = best_matches(features(4, 6, 6), flat)
    assert torch.allclose(votes(found, flat), torch.full((4, 6, 6), 2.0))
