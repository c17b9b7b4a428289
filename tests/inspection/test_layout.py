"""Lanes seen in frames that nobody has described."""

from dataclasses import replace

import numpy as np
import pytest

from inspection.frame import Frame
from inspection.layout import find_layout
from inspection.synthetic.product import PRODUCTS
from inspection.synthetic.web import SyntheticWeb

CELL_PX = 8


def drawn(product, columns=1536, rows=256, frames=4):
    web = SyntheticWeb(product, 3, columns=columns, rows=rows)
    return [web.frame(5 * index) for index in range(frames)]


@pytest.mark.parametrize("lanes", range(1, 7))
@pytest.mark.parametrize("name", ["graphite", "nmc", "lfp"])
def test_one_to_six_lanes_are_found_within_a_cell(name, lanes) -> None:
    seen = drawn(replace(PRODUCTS[name], lanes=lanes))
    layout = find_layout([frame.frame for frame in seen])
    assert layout.lanes_px.shape == (lanes, 2)
    assert not layout.skip_coating
    edges = np.mean([frame.truth.edges_px.mean(axis=2) for frame in seen], axis=0)
    assert np.abs(layout.lanes_px - edges).max() <= CELL_PX


@pytest.mark.parametrize("name", ["graphite", "nmc", "lfp"])
def test_grey_levels_are_those_of_the_product(name) -> None:
    product = PRODUCTS[name]
    layout = find_layout([frame.frame for frame in drawn(product)])
    assert layout.coating_gl == pytest.approx(product.coating_gl * 255, rel=0.15)
    assert layout.foil_gl / layout.coating_gl == pytest.approx(product.foil_gl / product.coating_gl, rel=0.15)


def test_a_web_without_foil_in_sight_is_one_lane_from_rim_to_rim() -> None:
    frames = [Frame(frame.frame.pixels[:, 200:600].copy()) for frame in drawn(PRODUCTS["graphite"])]
    layout = find_layout(frames)
    assert layout.lanes_px.tolist() == [[0, 400]]
    assert np.isnan(layout.foil_gl)
    assert not layout.skip_coating


def test_a_lane_may_leave_the_frame() -> None:
    frames = [Frame(frame.frame.pixels[:, 300:1237].copy()) for frame in drawn(PRODUCTS["graphite"])]
    layout = find_layout(frames)
    assert layout.lanes_px[0, 0] == 0
    assert layout.lanes_px[-1, 1] == 937


def test_a_strong_lamp_shade_is_not_taken_for_foil() -> None:
    shade = np.linspace(80, 98, 512)
    pixels = np.random.default_rng(0).normal(shade, 3, (128, 512)).astype(np.uint8)
    assert find_layout([Frame(pixels)]).lanes_px.tolist() == [[0, 512]]


def test_skip_coating_is_seen_by_its_gaps() -> None:
    product = replace(PRODUCTS["graphite_skip"], skip=(12.0, 4.0))
    layout = find_layout([frame.frame for frame in drawn(product, frames=6)])
    assert layout.skip_coating
    assert len(layout.lanes_px) == product.lanes


@pytest.mark.parametrize("grey", [0, 7, 255])
def test_a_frame_of_one_grey_is_one_lane(grey) -> None:
    layout = find_layout([Frame(np.full((64, 100), grey, np.uint8))])
    assert layout.lanes_px.tolist() == [[0, 100]]
    assert layout.coating_gl == grey


def test_depth_changes_grey_levels_and_not_lanes() -> None:
    shallow = [frame.frame for frame in drawn(PRODUCTS["graphite"])]
    deep = [Frame(frame.pixels.astype(np.uint16) * 16, 12) for frame in shallow]
    one, other = find_layout(shallow), find_layout(deep)
    np.testing.assert_array_equal(one.lanes_px, other.lanes_px)
    assert other.coating_gl == pytest.approx(16 * one.coating_gl, rel=0.02)
