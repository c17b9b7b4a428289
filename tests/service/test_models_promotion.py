"""A station's own models: complete or not at all, never worse unawares, and a way back."""

import errno
import os
from contextlib import nullcontext

import numpy as np
import pytest
from model_variants import KINDS, NAMED_OTHERWISE, put_golden_set, variant

from inspection.classification import load_classifier
from inspection.errors import ModelError
from models.registry import shipped_model
from service import promotion
from service.errors import WorseModel
from service.golden import Score, load_golden_set, macro_f1
from service.settings import Settings


@pytest.fixture
def data(tmp_path):
    """A station's folder with a golden set of its own."""
    put_golden_set(tmp_path / "station")
    return tmp_path / "station"


@pytest.fixture
def settings(data):
    return Settings(data_dir=data)


@pytest.fixture
def new(tmp_path):
    """A model that somebody trained elsewhere."""
    return variant(tmp_path / "trained", "77")


def in_use(settings):
    return load_classifier(promotion.model_in_use(settings)).ref.version


SHIPPED = load_classifier(shipped_model()).ref.version


def test_without_a_promotion_the_shipped_model_is_used(tmp_path):
    assert promotion.model_in_use(Settings(data_dir=tmp_path)) == shipped_model()


def test_a_promoted_model_is_used_from_the_stations_own_folder(settings, data, new):
    promoted = promotion.promote(settings, new)
    assert promoted.model == data / "models" / "coating-77.onnx" == promotion.model_in_use(settings)
    assert "macro F1 1.0000 on the golden set of 64, the one in use has 1.0000" in promoted.compared
    for suffix in (".onnx", ".json", ".npz"):
        new.with_suffix(suffix).unlink()
    assert in_use(settings) == "77"


def test_the_settings_model_outranks_a_promoted_one(settings, data, new, tmp_path):
    promotion.promote(settings, new)
    named = variant(tmp_path, "5")
    assert in_use(Settings(data_dir=data, model=named)) == "5"


def test_rollbacks_go_back_promotion_by_promotion(settings, data, tmp_path):
    for version in ("77", "78"):
        promotion.promote(settings, variant(tmp_path, version))
    seen = [in_use(settings)]
    for _ in range(2):
        promotion.rollback(data)
        seen.append(in_use(settings))
    assert seen == ["78", "77", SHIPPED]
    with pytest.raises(ModelError, match="promote one first"):
        promotion.rollback(data)


def test_promoting_twice_leaves_the_way_back_open(settings, data, new):
    promotion.promote(settings, new)
    promotion.promote(settings, new)
    promotion.rollback(data)
    assert in_use(settings) == SHIPPED


def test_a_worse_model_is_refused_unless_somebody_insists(settings, data, tmp_path):
    worse = variant(tmp_path, "78", kinds=NAMED_OTHERWISE)
    with pytest.raises(WorseModel, match=r"macro F1 0\.0000 on the golden set of 64, the one in use has 1\.0000"):
        promotion.promote(settings, worse)
    assert promotion.kept_models(data) == []
    promoted = promotion.promote(settings, worse, anyway=True)
    assert promoted.compared.startswith("promoted anyway: ")
    assert in_use(settings) == "78"


def test_a_model_is_compared_with_the_one_in_use_and_not_with_the_shipped_one(settings, tmp_path):
    promotion.promote(settings, variant(tmp_path, "78", kinds=NAMED_OTHERWISE), anyway=True)
    told = promotion.promote(settings, variant(tmp_path, "79", kinds=NAMED_OTHERWISE)).compared
    assert "macro F1 0.0000 on the golden set of 64, the one in use has 0.0000" in told


@pytest.mark.parametrize(("scored", "version"), [(0.896, "77"), (0.95, "77"), (0.86, SHIPPED)])
def test_half_a_point_is_allowed(settings, new, monkeypatch, scored, version):
    scores = {"77": Score(scored, 1.0), SHIPPED: Score(0.9, 1.0)}
    monkeypatch.setattr(promotion, "score", lambda classifier, golden: scores[classifier.ref.version])
    with nullcontext() if version == "77" else pytest.raises(WorseModel):
        promotion.promote(settings, new)
    assert in_use(settings) == version


@pytest.mark.parametrize(("strangers", "version"), [(0.8, "77"), (0.7, SHIPPED)])
def test_a_model_that_notices_fewer_strangers_is_worse(settings, new, monkeypatch, strangers, version):
    scores = {"77": Score(0.9, strangers), SHIPPED: Score(0.9, 0.85)}
    monkeypatch.setattr(promotion, "score", lambda classifier, golden: scores[classifier.ref.version])
    with nullcontext() if version == "77" else pytest.raises(WorseModel, match="of what is no kind"):
        promotion.promote(settings, new)
    assert in_use(settings) == version


def test_the_next_version_is_one_that_no_kept_model_has(settings, new):
    promotion.promote(settings, new, anyway=True)
    promotion.rollback(settings.data_dir)
    assert promotion.next_version(settings) == "78"


def test_without_a_golden_set_somebody_must_insist(tmp_path, new, monkeypatch):
    monkeypatch.setattr(promotion, "shipped_golden_set", lambda: tmp_path / "none.npz")
    settings = Settings(data_dir=tmp_path / "bare")
    with pytest.raises(ModelError, match="expected a golden set to compare by, found none"):
        promotion.promote(settings, new)
    assert promotion.model_in_use(settings) == shipped_model()
    promotion.promote(settings, new, anyway=True)
    assert in_use(settings) == "77"


def test_the_shipped_golden_set_is_used_where_the_station_has_none(tmp_path, data, new, monkeypatch):
    monkeypatch.setattr(promotion, "shipped_golden_set", lambda: data / "models" / "golden.npz")
    assert "golden set of 64" in promotion.promote(Settings(data_dir=tmp_path / "bare"), new).compared


@pytest.mark.parametrize("anyway", [False, True])
@pytest.mark.parametrize(
    ("card", "match"),
    [
        ({"kinds": ("hole", *KINDS[1:-1], "dent")}, "got hole, dent"),
        ({"kinds": KINDS[1:]}, "stored answers for the"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"name": "../../x"}, "name and version that files can have"),
    ],
)
def test_a_model_that_may_not_be_trusted_is_never_promoted(settings, data, tmp_path, card, match, anyway):
    with pytest.raises(ModelError, match=match):
        promotion.promote(settings, variant(tmp_path, "79", **card), anyway=anyway)
    assert promotion.model_in_use(settings) == shipped_model()
    assert [path.name for path in (data / "models").iterdir()] == ["golden.npz"]


def test_a_kept_model_is_never_replaced(settings, data, new, tmp_path):
    promotion.promote(settings, new)
    other = variant(tmp_path, "77", unknown_below=0.01)
    with pytest.raises(ModelError, match="new version"):
        promotion.promote(settings, other)
    assert promotion.kept_models(data) == [data / "models" / "coating-77.onnx"]


@pytest.mark.parametrize("written", range(5))
def test_a_full_disk_leaves_the_model_in_use(settings, data, new, tmp_path, monkeypatch, written):
    promotion.promote(settings, new)
    left, real = iter(range(written)), os.fsync

    def fsync(descriptor):
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        promotion.promote(settings, variant(tmp_path, "78"))
    assert in_use(settings) == "77"
    assert not list((data / "models").glob(".*.draft"))


def test_a_promotion_after_a_full_disk_goes_through(settings, tmp_path, monkeypatch):
    model = variant(tmp_path, "78")
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        with pytest.raises(OSError, match="full"):
            promotion.promote(settings, model)
    promotion.promote(settings, model)
    assert in_use(settings) == "78"


@pytest.mark.parametrize(
    "told", ["", "{", '{"promoted": "../1"}', '{"promotd": "a-1"}', '{"promoted": 1}', '{"before": "a-1"}']
)
def test_a_damaged_list_is_told_and_never_guessed_at(settings, data, told):
    (data / "models" / "promoted.json").write_text(told)
    with pytest.raises(ModelError, match="expected promoted models in"):
        promotion.model_in_use(settings)


def test_a_shadow_looks_on_until_it_is_ended(settings, data, new):
    assert promotion.shadow_model(data) is None
    assert promotion.cast_shadow(settings, new) == promotion.shadow_model(data) == data / "models" / "coating-77.onnx"
    assert promotion.model_in_use(settings) == shipped_model()
    promotion.end_shadow(data)
    assert promotion.shadow_model(data) is None


def test_a_promoted_shadow_looks_on_no_more(settings, data, new):
    promotion.cast_shadow(settings, new)
    promotion.promote(settings, new)
    assert promotion.shadow_model(data) is None
    with pytest.raises(ModelError, match="another model than the one in use"):
        promotion.cast_shadow(settings, new)


def test_a_worse_model_may_be_a_shadow_but_no_untrusted_one(settings, data, tmp_path):
    promotion.cast_shadow(settings, variant(tmp_path, "78", kinds=NAMED_OTHERWISE))
    with pytest.raises(ModelError, match="got dent"):
        promotion.cast_shadow(settings, variant(tmp_path, "79", kinds=(*KINDS[:-1], "dent")))
    assert promotion.shadow_model(data) == data / "models" / "coating-78.onnx"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("labels", lambda labels: labels[:-1]),
        ("labels", lambda labels: labels + 99),
        ("labels", lambda labels: labels[:0]),
        ("labels", lambda labels: labels.astype(float)),
        ("features", lambda features: features[:, :-1]),
        ("crops", lambda crops: crops[:, :-1]),
        ("kinds", lambda kinds: kinds[:0]),
    ],
)
def test_a_golden_set_that_does_not_fit_is_refused(data, name, changed):
    path = data / "models" / "golden.npz"
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **(arrays | {name: changed(arrays[name])}))
    with pytest.raises(ModelError, match=r"golden set|expected labels"):
        load_golden_set(path)


def test_macro_f1_counts_every_true_kind_alike():
    truth = np.array(["a", "a", "a", "b"])
    # a: precision 1, recall 2/3; b: precision 1/2, recall 1.
    assert macro_f1(truth, np.array(["a", "a", "b", "b"])) == pytest.approx((0.8 + 2 / 3) / 2)
    assert macro_f1(truth, np.array(["a", "a", "a", "c"])) == pytest.approx(0.5)
    assert macro_f1(truth, truth) == 1
