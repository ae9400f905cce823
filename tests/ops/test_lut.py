"""Tables of colors."""

from __future__ import annotations

import torch

from vidstyle.ops.lut import cube_text, lattice, look_up, tabulate


def test_an_affine_map_survives_any_table_exactly() -> None:
    matrix = torch.tensor([[0.8, 0.1, 0.0], [0.1, 0.7, -0.1], [0.2, -0.1, 0.9]])
    colors = torch.rand(3, 30, 40, generator=torch.Generator().manual_seed(1))
    for size in (2, 5, 33):
        found = look_up(tabulate(lambda c: matrix @ c + 0.05, size), colors)
        assert torch.allclose(found, torch.einsum("dc,chw->dhw", matrix, colors) + 0.05, atol=1e-5)


def test_colors_outside_and_no_numbers_do_not_leave_the_table() -> None:
    colors = torch.tensor([[-1.0, 2.0, float("nan")]]).expand(3, 3)
    found = look_up(lattice(3), colors)
    assert torch.equal(found[:, :2], torch.tensor([[0.0, 1.0]]).expand(3, 2))
    assert found.isfinite().all()


def test_a_cube_has_red_fastest_and_no_quotes_in_its_title() -> None:
    lines = cube_text(lattice(3) / 2, 'a "b"\nc').splitlines()
    assert lines[:4] == ["TITLE \"a 'b' c\"", "LUT_3D_SIZE 3", "DOMAIN_MIN 0.0 0.0 0.0", "DOMAIN_MAX 1.0 1.0 1.0"]
    assert lines[4:8] == [
        "0.000000 0.000000 0.000000",
        "0.250000 0.000000 0.000000",
        "0.500000 0.000000 0.000000",
        "0.000000 0.250000 0.000000",
    ]
    assert len(lines) == 4 + 27 and lines[-1] == "0.500000 0.500000 0.500000"
