"""Folders of pictures: what is read of them, what is refused, and how they are split."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import InputError
from models.picture_scores import Evaluation, score, table
from models.pictures import Pictures, read_folder, split

SIDE = 32


def grain(seed, dtype=np.uint8, shape=(40, 50)):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.fixture
def folder(tmp_path):
    """Two kinds of two pictures each; write further ones over or beside them."""

    def write(**more):
        files = {
            "dent/a.png": grain(1),
            "dent/b.PNG": grain(2),
            "stain/a.bmp": grain(3),
            "stain/b.tif": grain(4),
        } | more
        for name, pixels in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            if isinstance(pixels, bytes):
                path.write_bytes(pixels)
            elif pixels is not None:
                path.write_bytes(cv2.imencode(path.suffix.lower(), pixels)[1].tobytes())
        return tmp_path

    return write


def test_kinds_are_the_folders_and_pictures_come_in_one_size(folder):
    told = []
    pictures = read_folder(folder(), lambda *done: told.append(done), SIDE)
    assert pictures.kinds == ("dent", "stain")
    assert pictures.names == ("dent/a.png", "dent/b.PNG", "stain/a.bmp", "stain/b.tif")
    assert pictures.labels.tolist() == [0, 0, 1, 1]
    assert (pictures.grey.shape, pictures.grey.dtype, pictures.side) == ((4, SIDE, SIDE), np.uint8, SIDE)
    assert len(np.unique(pictures.groups)) == len(pictures) == 4
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_is_no_picture_by_its_name_is_left_alone(folder):
    path = folder(**{"dent/notes.txt": b"a", "dent/._a.png": b"a", ".cache/a.png": b"a", "readme.png": b"a"})
    (path / "dent" / "older.png").mkdir()
    assert len(read_folder(path, side=SIDE)) == 4


@pytest.mark.parametrize(
    ("dtype", "level", "grey"), [(np.uint8, 64, 64), (np.uint16, 64 * 257, 64), (np.uint16, 255, 1)]
)
def test_grey_is_scaled_by_the_formats_depth_and_not_by_its_brightest_pixel(folder, dtype, level, grey):
    path = folder(**{"dent/c.png": np.full((40, 40), level, dtype)})
    assert (read_folder(path, side=SIDE).grey[2] == grey).all()


def test_shrinking_averages(folder):
    stripes = np.tile(np.array([0, 200], np.uint8), (2 * SIDE, SIDE))
    assert (read_folder(folder(**{"dent/c.png": stripes}), side=SIDE).grey[2] == 100).all()


def test_copies_share_a_group_whatever_their_format_and_depth(folder):
    path = folder(**{
        "dent/c.bmp": grain(1), "dent/d.png": cv2.merge([grain(1)] * 3),
        "dent/e.png": np.full((40, 40), 9, np.uint8), "dent/f.png": np.full((40, 40), 9 * 257, np.uint16),
    })  # fmt: skip
    pictures = read_folder(path, side=SIDE)
    groups = dict(zip(pictures.names, pictures.groups.tolist(), strict=True))
    assert groups["dent/a.png"] == groups["dent/c.bmp"] == groups["dent/d.png"] != groups["dent/b.PNG"]
    assert groups["dent/e.png"] == groups["dent/f.png"]


def test_the_same_pixels_under_two_kinds_are_refused_and_both_named(folder):
    with pytest.raises(InputError, match=r"same pixels in dent/a\.png and stain/c\.png"):
        read_folder(folder(**{"stain/c.png": grain(1)}), side=SIDE)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"crack/notes.txt": b""}, r"at least 2 pictures \(.*\) in .*crack, got 0"),
        ({"crack/a.png": grain(5)}, r"at least 2 pictures .* in .*crack, got 1"),
        ({"crack/a.png": grain(5), "crack/b.png": grain(5)}, "at least 2 different pictures of 'crack', got 2 copies"),
        ({"dent/c.png": b"GIF89a"}, r"c\.png: expected a file of type"),
        ({"dent/c.png": b"\x89PNG\r\n\x1a\n"}, r"c\.png: expected"),
        ({"dent/c.png": np.zeros((40, 40, 4), np.uint8)}, r"c\.png: expected a PNG file without transparency"),
        ({"dent/c.png": np.zeros((40, 8), np.uint8)}, r"c\.png: expected a frame of at least 16 x 16"),
        ({"cr\nack/a.png": grain(5), "cr\nack/b.png": grain(6)}, "folder name that can be printed"),
    ],
)
def test_a_folder_that_cannot_be_learned_from_is_refused_in_a_sentence(folder, more, told):
    with pytest.raises(InputError, match=told):
        read_folder(folder(**more), side=SIDE)


def test_no_folder_no_kinds_and_one_kind_are_told_apart(tmp_path):
    with pytest.raises(InputError, match=r"expected a folder at .*none, got none"):
        read_folder(tmp_path / "none")
    with pytest.raises(InputError, match=r"at least 2 folders in .*, got none"):
        read_folder(tmp_path)
    (tmp_path / "dent").mkdir()
    with pytest.raises(InputError, match=r"at least 2 folders in .*, got only 'dent'"):
        read_folder(tmp_path)


def test_a_side_that_the_network_cannot_halve_is_refused(folder):
    with pytest.raises(InputError, match="side 32 px or more, got 16"):
        read_folder(folder(), side=16)


@st.composite
def labelled(draw):
    """Labels and groups alone; each kind has two groups or more, of one picture or more."""
    sizes = draw(st.lists(st.lists(st.integers(1, 4), min_size=2, max_size=9), min_size=2, max_size=4))
    labels = np.repeat(np.arange(len(sizes)), [sum(own) for own in sizes])
    groups = np.repeat(np.arange(sum(map(len, sizes))), [size for own in sizes for size in own])
    order = draw(st.permutations(range(len(labels))))
    kinds, names = tuple(f"kind {label}" for label in range(len(sizes))), ("",) * len(labels)
    return Pictures(kinds, np.zeros((len(labels), 1, 1), np.uint8), labels[order], names, groups[order])


@given(labelled(), st.floats(0.01, 0.99), st.integers(0, 9))
def test_a_split_keeps_copies_together_and_every_kind_on_both_sides(pictures, share, seed):
    trained = split(pictures, share, np.random.default_rng(seed))
    assert not np.intersect1d(pictures.groups[trained], pictures.groups[~trained]).size
    for label in range(len(pictures.kinds)):
        own = pictures.labels == label
        groups, taken = len(np.unique(pictures.groups[own])), len(np.unique(pictures.groups[own & trained]))
        assert 1 <= taken <= groups - 1
        assert abs(taken - share * groups) <= 1
    assert np.array_equal(trained, split(pictures, share, np.random.default_rng(seed)))


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan")])
def test_a_share_that_leaves_nothing_on_a_side_is_refused(folder, share):
    with pytest.raises(InputError, match="expected a share between 0 and 1"):
        split(read_folder(folder(), side=SIDE), share, np.random.default_rng(0))


def test_scores_are_told_by_kind_with_their_spread():
    labels = np.array([0, 0, 1, 1])
    half, all_right = np.eye(2, dtype=np.float32)[[0, 1, 1, 1]], np.eye(2, dtype=np.float32)[labels]
    kinds = "dent", "[red]stain"
    evaluation = Evaluation((score(labels, half, kinds, 9, 2.0), score(labels, all_right, kinds, 9, 1.0)))
    told = evaluation.told()
    assert (told["accuracy"], told["accuracy_lowest"], told["accuracy_highest"]) == (0.875, 0.75, 1.0)
    assert told["recall_by_kind"] == {"dent": 0.75, "[red]stain": 1.0}
    assert (told["trained_on"], told["measured_on"], evaluation.temperature) == (9, 4, 1.5)
    cells = [str(cell) for cell in table(evaluation).columns[0].cells]
    assert cells == ["dent", "[red]stain", "all pictures"]
