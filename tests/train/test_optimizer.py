"""Muon and Adam as one optimizer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vidstyle.train.optimizer import ADAM_SIZE, FEW, Optimizer, orthogonalize


@pytest.mark.parametrize("shape", [(8, 8), (4, 36), (36, 4)])
def test_an_orthogonal_matrix_comes_back(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonalize(matrix)
    # Singular values land between 0.7 and 1.2, the directions stay.
    assert torch.nn.functional.cosine_similarity(found.flatten(), (left @ right).flatten(), dim=0) > 0.95


def test_the_first_step_has_the_size_of_the_learning_rate() -> None:
    layer = nn.Conv2d(16, 8, 3)
    before = {name: p.detach().clone() for name, p in layer.named_parameters()}
    layer(torch.randn(1, 16, 9, 9, generator=torch.Generator().manual_seed(2))).square().sum().backward()
    Optimizer(dict(layer.named_parameters())).step(0.01)
    moved = {name: (p.detach() - before[name]).square().mean().sqrt().item() for name, p in layer.named_parameters()}
    assert moved["bias"] == pytest.approx(0.01, rel=1e-3)
    assert moved["weight"] == pytest.approx(0.01 * ADAM_SIZE, rel=0.2)


@pytest.mark.parametrize("inputs", [FEW, FEW + 1])
def test_it_finds_a_minimum(inputs: int) -> None:
    target = torch.randn(6, inputs, generator=torch.Generator().manual_seed(3))
    layer = nn.Linear(inputs, 6, bias=False)
    optimizer = Optimizer(dict(layer.named_parameters()))
    for step in range(300):
        layer.zero_grad()
        (layer.weight - target).square().sum().backward()
        optimizer.step(0.1 * (1 - step / 300))
    assert (layer.weight - target).abs().max() < 0.02


def test_layers_of_few_inputs_are_adams() -> None:
    layers = {"few": nn.Linear(FEW, 6), "many": nn.Linear(FEW + 1, 6)}
    parameters = {f"{name}.weight": layer.weight for name, layer in layers.items()}
    for p in parameters.values():
        p.grad = torch.zeros_like(p)
    optimizer = Optimizer(parameters)
    optimizer.step(0.01)
    assert {name.split(".")[0] for name in optimizer.tensors() if "few" in name} == {"adam"}
    assert [name for name in optimizer.tensors() if "many" in name] == ["muon.many.weight"]
