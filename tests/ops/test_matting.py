"""The matting Laplacian: against Levin's formula, and by what it must not punish."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from vidstyle.ops.matting import EPSILON, MattingLaplacian, refine_masks


def picture(height: int = 6, width: int = 7) -> Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(2))


def by_the_formula(image: Tensor) -> Tensor:
    """Levin et al., eq. 5, window by window, entry by entry."""
    _, height, width = image.shape
    colors = image.double().flatten(1).T
    matrix = torch.zeros(height * width, height * width, dtype=torch.float64)
    for top, left in itertools.product(range(height - 2), range(width - 2)):
        window = torch.tensor([(top + i) * width + left + j for i in range(3) for j in range(3)])
        apart = colors[window] - colors[window].mean(0)
        spread = apart.T @ apart / 9 + EPSILON / 9 * torch.eye(3).double()
        affinity = (1 + apart @ torch.linalg.inv(spread) @ apart.T) / 9
        matrix[window[:, None], window] += torch.eye(9).double() - affinity
    return matrix


def as_matrix(image: Tensor) -> Tensor:
    _, height, width = image.shape
    units = torch.eye(height * width).double().view(-1, height, width)
    return MattingLaplacian(image)(units).flatten(1)


def test_it_is_levins_matrix() -> None:
    assert torch.allclose(as_matrix(picture()), by_the_formula(picture()), atol=1e-9)


def test_it_is_symmetric_positive_and_knows_constants_and_colors() -> None:
    matrix = as_matrix(picture(8, 9))
    assert (matrix - matrix.T).abs().max() < 1e-9
    assert matrix.sum(1).abs().max() < 1e-9
    values = torch.linalg.eigvalsh(matrix)
    assert values[0] > -1e-10
    # Constants and three colors.
    assert values[3] < 1e-5 < 1e-3 < values[4]


def test_affine_colors_cost_nothing_and_noise_does() -> None:
    image = picture(12, 14)
    laplacian = MattingLaplacian(image)
    affine = torch.einsum("ij,jhw->ihw", torch.tensor([[0.5, -1.0, 2.0], [0.3, 0.3, 0.3], [1.0, 0.0, 0.0]]), image) + 2
    assert laplacian.energy(affine) < 1e-5
    assert laplacian.energy(image.flip(1)) > 0.1


def test_rough_masks_snap_to_the_edges() -> None:
    image = torch.zeros(3, 16, 24)
    image[:, :, 11:] = 0.8
    image += 0.02 * torch.rand(image.shape, generator=torch.Generator().manual_seed(1))
    # Blocks of eight pixels, as a deep layer tells them: the edge is three pixels off.
    rough = torch.zeros(1, 16, 24)
    rough[:, :, 8:] = 1
    rough = torch.cat((rough, 1 - rough))
    fine = refine_masks(rough, image, pull=0.01, steps=30)
    assert torch.allclose(fine.sum(0), torch.ones(16, 24), atol=1e-5)
    # Each side is of one color, so it takes its own mean: 3 of 11 columns on the left.
    assert fine[0, :, 11:].min() > 0.95
    assert abs(fine[0, :, :11].mean() - 3 / 11) < 0.02 and fine[0, :, :11].max() < 0.45


def test_pictures_without_a_window_keep_their_masks() -> None:
    masks = torch.rand(2, 1, 5)
    assert torch.equal(refine_masks(masks, torch.rand(3, 1, 5), pull=0.01, steps=3), masks)
