from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from benchmarks.published import PublishedAdapter, from_published
from dermtools.adapter.networks import new_network


def parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_published_configuration_has_its_published_parameters() -> None:
    with torch.device("meta"):
        assert parameters(PublishedAdapter(1024, 39)) == 2_382_375


def test_the_live_parameters_are_those_of_our_network() -> None:
    assert parameters(new_network(1024, 39, "channels", seed=0)) == 2_382_375 - 1_048_576


def test_dead_taps_never_receive_a_gradient() -> None:
    torch.manual_seed(0)
    plain = PublishedAdapter(32, 5, hidden=16)
    functional.cross_entropy(plain(torch.randn(8, 32)), torch.randint(5, (8,))).backward()
    for layer in (plain.first, plain.second):
        assert not layer.weight.grad[..., [0, 2]].any()
        assert layer.weight.grad[..., 1].any()


@pytest.mark.parametrize("rows", [1, 39, 40, 300])
def test_same_weights_same_outputs(rows: int) -> None:
    torch.manual_seed(0)
    plain, vectors = PublishedAdapter(1024, 39), torch.randn(rows, 1024)
    with torch.no_grad():
        torch.testing.assert_close(from_published(plain)(vectors), plain(vectors), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("labels", [7, 9])  # fewer and more than rows a step
def test_same_training_step_by_step(labels: int) -> None:
    torch.manual_seed(0)
    # Double precision: a difference could only come from the computation, not from rounding.
    plain = PublishedAdapter(64, labels, hidden=32).double()
    ours = from_published(plain).double()
    start = from_published(plain).double()
    vectors, truth = torch.randn(80, 64, dtype=torch.float64), torch.randint(labels, (80,))
    for network in (plain, ours):
        optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01)
        for step in range(20):
            rows = slice(step % 10 * 8, step % 10 * 8 + 8)
            optimizer.zero_grad()
            functional.cross_entropy(network(vectors[rows]), truth[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        torch.testing.assert_close(ours(vectors), plain(vectors), rtol=1e-6, atol=1e-6)
        assert (ours(vectors) - start(vectors)).abs().max() > 0.1
