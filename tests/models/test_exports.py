"""A plant's own crops: read whole, or refused in one sentence that says which file and why."""

import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inspection.candidates import CHANNELS, FEATURES
from inspection.errors import InputError
from models.exports import read_export
from models.golden import read_golden, write_golden
from models.samples import KINDS, Samples

NAMES = tuple(kind.value for kind in KINDS)
GOLDEN_NAMES = (*NAMES, "unknown")


def export(folder, names, **other):
    rng = np.random.default_rng(len(names))
    arrays = {
        "crops": rng.uniform(-1, 1, (len(names), len(CHANNELS), 64, 64)).astype(np.float16),
        "features": rng.normal(size=(len(names), len(FEATURES))).astype(np.float32),
        "kinds": np.array(names, dtype=np.str_),
    }
    folder.mkdir(exist_ok=True)
    np.savez(folder / "a.npz", **(arrays | other))
    return arrays


def picture(path, seed=0, *, defect=True):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).normal(90, 3, (96, 96))
    if defect:
        pixels[40:50, 44:52] += 60
    cv2.imwrite(str(path), np.rint(pixels).clip(0, 255).astype(np.uint8))


def test_exported_candidates_come_back_as_they_went(tmp_path) -> None:
    told = export(tmp_path, ["crack", "crack", "pinhole", "pinhole"])
    samples = read_export(tmp_path, NAMES).samples
    np.testing.assert_array_equal(samples.crops, told["crops"])
    np.testing.assert_array_equal(samples.features, told["features"])
    assert [NAMES[label] for label in samples.labels] == ["crack", "crack", "pinhole", "pinhole"]


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["crack", "pinhole", "stain"])), min_size=4, max_size=60))
def test_candidates_of_one_frame_are_never_parted_and_every_kind_is_asked_about(drawn) -> None:
    frames, kinds = np.array([f"frame {frame}" for frame, _ in drawn]), np.array([kind for _, kind in drawn])
    assume(all(len(np.unique(frames[kinds == kind])) >= 2 for kind in np.unique(kinds)))
    with tempfile.TemporaryDirectory() as folder:
        export(Path(folder), list(kinds), frames=frames)
        read = read_export(Path(folder), NAMES)
    assert (read.learned.astype(int) + read.tuned + read.asked == 1).all()
    for frame in np.unique(frames):
        assert len(np.unique(read.lot[frames == frame])) == 1


def test_every_kind_is_both_learned_and_asked_about(tmp_path) -> None:
    export(tmp_path, ["crack", "crack", "pinhole", "pinhole", "pinhole"])
    read = read_export(tmp_path, NAMES)
    for label in np.unique(read.samples.labels):
        assert read.learned[read.samples.labels == label].any()
        assert read.asked[read.samples.labels == label].any()


def test_a_later_export_asks_about_the_same_candidates(tmp_path) -> None:
    export(tmp_path / "first", ["crack"] * 40, frames=np.array([f"f{n}" for n in range(40)]))
    export(tmp_path / "later", ["crack"] * 60, frames=np.array([f"f{n}" for n in range(60)]))
    first, later = (read_export(tmp_path / name, NAMES) for name in ("first", "later"))
    assert (first.lot == later.lot[:40]).mean() > 0.9


def test_the_same_pixels_are_never_parted(tmp_path) -> None:
    told = export(tmp_path, ["crack"] * 6)
    export(tmp_path, ["crack"] * 6, crops=np.concatenate([told["crops"][:3]] * 2))
    read = read_export(tmp_path, NAMES)
    assert read.lot[:3].tolist() == read.lot[3:].tolist()


def test_pictures_in_folders_show_the_candidate_that_the_pipeline_finds(tmp_path) -> None:
    for n in range(2):
        picture(tmp_path / "bare_spot" / f"{n}.png", n)
        picture(tmp_path / "crack" / f"{n}.png", 10 + n)
    samples = read_export(tmp_path, NAMES).samples
    assert len(samples) == 4
    assert (10 ** samples.features[:, FEATURES.index("log_length_px")] > 6).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "there is none"),
        (lambda path: path.mkdir(), "found neither"),
        (lambda path: (path / "crack").mkdir(parents=True), "found none: add some"),
        (lambda path: export(path, ["crak", "crak"]), "did you mean crack"),
        (lambda path: export(path, ["insect", "insect"]), "--fresh learns any kinds"),
        (lambda path: export(path, ["crack", "pinhole", "pinhole"]), "crack in at least 2 different"),
        (
            lambda path: export(path, ["crack"] * 2, features=np.zeros((2, 3), np.float32)),
            "expected crops, features",
        ),
        (
            lambda path: export(path, ["crack"] * 2, crops=np.zeros((2, 3, 64, 64), np.float16)),
            "expected crops, features",
        ),
        (lambda path: export(path, ["crack"] * 4, frames=np.array(["f1"] * 4)), "different frames"),
        (lambda path: export(path, ["crack"] * 4, frames=np.array(["f1"])), "a frame for each"),
        (lambda path: export(path, []), "export it anew"),
        (lambda path: export(path, ["crack"] * 2, kinds=np.array("crack")), "export it anew"),
        (lambda path: export(path, ["crack"] * 2, crops=np.full((2, 5, 64, 64), 1e9)), "expected numbers"),
        (lambda path: export(path, ["crack"] * 2, features=np.full((2, 20), np.nan)), "expected numbers"),
        (lambda path: export(path, ["crack"] * 2, kinds=np.array([object()] * 2)), "export it anew"),
        (lambda path: (path.mkdir(), (path / "a.npz").write_bytes(b"PK nothing"))[0], "export it anew"),
        (lambda path: picture(path / "crack" / "a.png", defect=False), "nothing|stands out"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(tmp_path, make, says) -> None:
    make(tmp_path / "data")
    with pytest.raises(InputError, match=says):
        read_export(tmp_path / "data", NAMES)


def test_a_damaged_picture_is_named(tmp_path) -> None:
    picture(tmp_path / "crack" / "good.png")
    (tmp_path / "crack" / "bad.png").write_bytes((tmp_path / "crack" / "good.png").read_bytes()[:200])
    with pytest.raises(InputError, match=r"bad\.png"):
        read_export(tmp_path, NAMES)


def golden_of(tmp_path, products):
    rng = np.random.default_rng(0)
    labels = np.arange(40 * len(GOLDEN_NAMES)) % len(GOLDEN_NAMES)
    crops = rng.uniform(-1, 1, (len(labels), len(CHANNELS), 64, 64)).astype(np.float16)
    features, strong = rng.normal(size=(len(labels), len(FEATURES))).astype(np.float32), np.full(len(labels), 9.0)
    names = np.array([GOLDEN_NAMES[label] for label in labels])
    drawn = Samples(crops, features, labels, strong, strong, names, np.sort(np.resize(products, len(labels))))
    write_golden(drawn, tmp_path / "golden.npz")
    return drawn, read_golden(tmp_path / "golden.npz", GOLDEN_NAMES)


def test_a_golden_set_comes_back_within_a_step(tmp_path) -> None:
    drawn, golden = golden_of(tmp_path, ["a"])
    for features, crops in zip(golden.features, golden.crops, strict=True):
        (place,) = np.flatnonzero((drawn.features == features).all(axis=1))
        assert np.abs(crops - drawn.crops[place]).max() < 0.015


def test_a_golden_set_holds_every_kind_of_every_product_and_what_is_none(tmp_path) -> None:
    drawn, golden = golden_of(tmp_path, ["a", "b"])
    assert np.bincount(golden.labels).tolist() == [20] * len(GOLDEN_NAMES)
    half = len(drawn) // 2
    first = np.isin(golden.features[:, 0], drawn.features[:half, 0])
    assert np.bincount(golden.labels[first]).tolist() == [10] * len(GOLDEN_NAMES)
