from __future__ import annotations

import pytest
from pydantic import ValidationError

from dermtools.adapter import AdapterConfig


def test_the_published_settings_are_the_publications() -> None:
    config = AdapterConfig.published(seed=7)
    assert (config.conv, config.epochs, config.weight_decay, config.schedule) == ("channels", 10, 0.01, "constant")
    assert config.batch_and_rate(10_000) == (8, 3e-4)
    assert (config.dropout, config.label_smoothing, config.standardise, config.balance) == (0.0, 0.0, False, "none")
    assert config.seed == 7


@pytest.mark.parametrize(
    ("cases", "batch"), [(1, 16), (255, 16), (256, 32), (512, 64), (1024, 128), (2048, 256), (10**6, 256)]
)
def test_batches_grow_with_the_cases_and_the_rate_with_them(cases: int, batch: int) -> None:
    assert AdapterConfig().batch_and_rate(cases) == (batch, pytest.approx(3e-4 * (batch / 16) ** 0.5))


def test_what_is_set_is_kept() -> None:
    assert AdapterConfig(batch_size=5, learning_rate=0.1).batch_and_rate(10**6) == (5, 0.1)


@pytest.mark.parametrize(
    "setting", [{"epochs": 0}, {"dropout": 1.0}, {"learning_rate": float("nan")}, {"seed": -1}, {"epoch": 3}]
)
def test_nonsense_is_refused(setting: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        AdapterConfig(**setting)
