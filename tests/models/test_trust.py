"""Probabilities that mean what they say, and limits that are no trifle."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from models.trust import LOWEST_LIMIT, set_temperature, unknown_limit


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_is_that_by_which_logits_were_scaled(temperature) -> None:
    torch.manual_seed(0)
    logits = torch.randn(20_000, 4)
    labels = torch.distributions.Categorical(logits=logits).sample()
    assert set_temperature(logits * temperature, labels).item() == pytest.approx(temperature, rel=0.05)


def test_a_limit_rejects_the_share_it_was_asked_for() -> None:
    answers = np.random.default_rng(0).uniform(0, 0.5, (5000, 3))
    assert np.mean(answers[:, -1] >= unknown_limit(answers, 0.02)) == pytest.approx(0.02, abs=0.002)


def test_a_network_that_is_always_sure_still_stands_for_its_names() -> None:
    assert unknown_limit(np.tile([1.0, 0.0, 1e-9], (100, 1)), 0.02) == LOWEST_LIMIT
