"""A plant's own crops: read whole, or refused in one sentence that says which file and why."""

import cv2
import numpy as np
import pytest

from inspection.candidates import CHANNELS, FEATURES
from inspection.errors import InputError
from models.exports import read_export
from models.golden import read_golden, write_golden
from models.samples import KINDS, Samples

NAMES = tuple(kind.value for kind in KINDS)


def export(folder, kinds, name="a.npz", **other):
    rng = np.random.default_rng(len(kinds))
    arrays = {
        "crops": rng.uniform(-1, 1, (len(kinds), len(CHANNELS), 64, 64)).astype(np.float16),
        "features": rng.normal(size=(len(kinds), len(FEATURES))).astype(np.float32),
        "kinds": np.array(kinds),
    }
    folder.mkdir(exist_ok=True)
    np.savez(folder / name, **(arrays | other))
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


def test_candidates_of_one_frame_are_never_parted(tmp_path) -> None:
    export(tmp_path, ["crack"] * 12, frames=np.repeat(["f1", "f2", "f3", "f4"], 3))
    read = read_export(tmp_path, NAMES)
    learned = read.split(0.5, np.random.default_rng(0)).reshape(4, 3)
    assert (learned.all(axis=1) | ~learned.any(axis=1)).all()
    assert 0 < learned.sum() < 12


def test_the_same_pixels_are_never_parted(tmp_path) -> None:
    told = export(tmp_path, ["crack"] * 6)
    export(tmp_path, ["crack"] * 6, crops=np.concatenate([told["crops"][:3]] * 2))
    read = read_export(tmp_path, NAMES)
    assert read.groups[:3].tolist() == read.groups[3:].tolist()


def test_something_is_always_kept_back_of_each_kind(tmp_path) -> None:
    export(tmp_path, ["crack", "crack", "pinhole", "pinhole", "pinhole"])
    read = read_export(tmp_path, NAMES)
    learned = read.split(0.9, np.random.default_rng(1))
    for label in np.unique(read.samples.labels):
        assert 0 < learned[read.samples.labels == label].sum() < (read.samples.labels == label).sum()


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
        (lambda path: export(path, ["crack", "pinhole", "pinhole"]), "got 1 of crack"),
        (
            lambda path: export(path, ["crack"] * 2, features=np.zeros((2, 3), np.float32)),
            "expected crops and features",
        ),
        (lambda path: export(path, ["crack"] * 2, crops=np.zeros((2, 3, 64, 64), np.float16)), "expected crops and"),
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


def test_a_golden_set_comes_back_within_a_step(tmp_path) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(3 * len(KINDS)) % len(KINDS)
    crops = rng.uniform(-1, 1, (len(labels), len(CHANNELS), 64, 64)).astype(np.float16)
    features, strong = rng.normal(size=(len(labels), len(FEATURES))).astype(np.float32), np.full(len(labels), 9.0)
    names = np.array([NAMES[label] for label in labels])
    write_golden(Samples(crops, features, labels, strong, strong, names, names), tmp_path / "golden.npz")
    golden = read_golden(tmp_path / "golden.npz", NAMES)
    order = np.argsort(labels, kind="stable")
    np.testing.assert_array_equal(golden.labels, labels[order])
    assert np.abs(golden.crops - crops[order]).max() < 0.015
    np.testing.assert_array_equal(golden.features, features[order])
