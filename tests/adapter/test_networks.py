from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from dermtools.adapter.networks import Dropout, FeatureConvolutions, new_network, unallocated


@pytest.mark.parametrize("conv", ["channels", "features"])
def test_one_logit_a_label_for_any_dimension(conv: str) -> None:
    network = new_network(7, 5, conv, seed=0)
    assert network(torch.randn(3, 7)).shape == (3, 5)


def test_features_are_the_plain_convolutions() -> None:
    torch.manual_seed(0)
    convolutions, features = FeatureConvolutions(), torch.randn(4, 32)
    plain = convolutions.second(functional.gelu(convolutions.first(features[:, None])))[:, 0]
    torch.testing.assert_close(convolutions(features), plain)


def test_features_see_their_neighbours() -> None:
    convolutions = FeatureConvolutions()
    features = torch.zeros(1, 32)
    moved = features.clone()
    moved[0, 10] = 1.0
    changed = (convolutions(moved) - convolutions(features))[0].abs() > 1e-7
    assert changed.nonzero().flatten().tolist() == [8, 9, 10, 11, 12]


@pytest.mark.parametrize("conv", ["channels", "features"])
def test_same_seed_same_weights_and_another_seed_others(conv: str) -> None:
    first, again, other = (new_network(8, 3, conv, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["inner.weight"], other["inner.weight"])


def test_fresh_weights_are_spread_like_those_of_plain_modules() -> None:
    network = new_network(1024, 39, "channels", seed=0)
    linear, convolution = torch.nn.Linear(1024, 512), torch.nn.Conv1d(512, 512, 3)
    assert network.inner.weight.std().item() == pytest.approx(linear.weight.std().item(), rel=0.01)
    assert network.convolutions.first.weight.std().item() == pytest.approx(convolution.weight.std().item(), rel=0.01)
    assert network.convolutions.first.bias.abs().max() <= convolution.bias.abs().max() * 1.02


def test_a_new_network_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    new_network(8, 3, "features", seed=3)
    assert torch.equal(before, torch.get_rng_state())


def test_dropout_drops_the_stated_share_and_keeps_the_mean() -> None:
    dropped = Dropout(0.25, torch.Generator().manual_seed(0))(torch.ones(100, 100))
    assert (dropped == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)


def test_unallocated_takes_no_memory() -> None:
    assert all(tensor.is_meta for tensor in unallocated(2**20, 2**20, "channels").state_dict().values())
