"""What is varied while fitting changes nothing that tells a kind."""

import numpy as np
import pytest

pytest.importorskip("torch")

from inspection.candidates import CHANNELS, FEATURES
from models.fitting import Training, _compressed, _mirror, _turn, fit, logits_of, new_network
from models.samples import KINDS, Samples


def drawn(count=200, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    crops = rng.uniform(-0.3, 0.3, (count, len(CHANNELS), 64, 64)).astype(np.float16)
    crops[labels == 1, :, 24:40, 24:40] += 0.5
    features = rng.normal(size=(count, len(FEATURES))).astype(np.float32)
    names = np.array([KINDS[label].value for label in labels])
    nothing = np.zeros(count, np.float32)
    return Samples(crops, features, labels, nothing, nothing, names, names)


def test_a_network_learns_what_can_be_seen_and_the_same_seed_learns_the_same() -> None:
    training = Training(epochs=4, batch=32)
    one, other = (fit(new_network(drawn(), training), drawn(), training) for _ in range(2))
    asked = drawn(seed=1)
    assert (logits_of(one, asked).argmax(1).numpy() == asked.labels).mean() > 0.95
    np.testing.assert_allclose(logits_of(one, asked), logits_of(other, asked), atol=1e-4)


def test_a_turned_thing_is_as_wide_as_it_was_long() -> None:
    samples = drawn(20)
    crops, features = samples.crops.astype(np.float32), samples.features.copy()
    turned = np.arange(20) % 2 == 0
    _turn(crops, features, turned)
    told = samples.crops.astype(np.float32)
    np.testing.assert_array_equal(crops[turned], told[turned].transpose(0, 1, 3, 2))
    np.testing.assert_array_equal(crops[~turned], told[~turned])
    length, width, along = (FEATURES.index(name) for name in ("log_length_mm", "log_width_mm", "along_web"))
    np.testing.assert_array_equal(features[turned, length], samples.features[turned, width])
    np.testing.assert_array_equal(features[turned, along], -samples.features[turned, along])


def test_turning_twice_changes_nothing() -> None:
    samples = drawn(20)
    crops, features = samples.crops.astype(np.float32), samples.features.copy()
    for _ in range(2):
        _turn(crops, features, np.ones(20, bool))
    np.testing.assert_array_equal(crops, samples.crops.astype(np.float32))
    np.testing.assert_allclose(features, samples.features, rtol=1e-6)


def test_a_mirrored_line_leans_the_other_way() -> None:
    samples = drawn(400)
    crops, features = samples.crops.astype(np.float32), samples.features.copy()
    _mirror(crops, features, np.random.default_rng(0))
    lean = FEATURES.index("oblique")
    told = samples.crops.astype(np.float32)
    ways = [told, told[:, :, ::-1], told[:, :, :, ::-1], told[:, :, ::-1, ::-1]]
    seen = np.array([[np.array_equal(crops[n], way[n]) for way in ways] for n in range(400)])
    assert (seen.any(axis=1)).all()
    assert (features[:, lean] == samples.features[:, lean] * np.where(seen[:, 1] | seen[:, 2], -1, 1)).all()
    assert 0.4 < (features[:, lean] == -samples.features[:, lean]).mean() < 0.6
    np.testing.assert_array_equal(np.delete(features, lean, axis=1), np.delete(samples.features, lean, axis=1))


def test_noise_units_are_scaled_in_their_compressed_form() -> None:
    units = np.linspace(-40, 40, 81, dtype=np.float32)
    np.testing.assert_allclose(
        _compressed(units / (8 + np.abs(units)), np.float32(1.3)), 1.3 * units / (8 + 1.3 * np.abs(units)), atol=1e-6
    )
