"""The overlay shows what the record says, and leaves the defects themselves uncovered."""

from dataclasses import replace

import numpy as np
import pytest

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.frame import Frame
from inspection.geometry import Box, Placement
from inspection.record import FrameRecord, LaneExtent, ModelRef, RecipeRef
from inspection.render import overlay
from inspection.verdict import Verdict

GREY = 90
ROWS, COLUMNS = 256, 512
CLEAN = FrameRecord(Verdict.PASS, (), (), (), (), {}, RecipeRef("default", 1), None, ModelRef("coating", "1", "0" * 64))


def defect(box, severity=Severity.MAJOR, kind=Kind.PINHOLE):
    return Defect(Finding(kind, 0.97, 1, box, 1.0, 1.0, 1.0, 1.0, 1.0, 12.0), severity, needs_review=False)


def frame(bits=8):
    pixels = np.full((ROWS, COLUMNS), GREY << (bits - 8), np.uint8 if bits == 8 else np.uint16)
    return Frame(pixels, bits)


def web_of(picture):
    """The part below the strip."""
    return picture[-ROWS:]


def coloured(picture):
    return np.ptp(picture.astype(int), axis=2) > 0


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_a_clean_frame_is_itself_under_a_strip(bits):
    picture = overlay(frame(bits), CLEAN)
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (COLUMNS, 3)
    assert picture.shape[0] > ROWS
    assert (web_of(picture) == GREY).all()
    assert coloured(picture[:-ROWS]).any()


def test_the_frame_is_left_as_it_was():
    given = frame()
    overlay(given, replace(CLEAN, defects=(defect(Box(50, 50, 60, 60)),)))
    assert (given.pixels == GREY).all()


def test_a_box_surrounds_its_defect_and_covers_none_of_it():
    box = Box(100, 200, 120, 260)
    web = web_of(overlay(frame(), replace(CLEAN, defects=(defect(box),))))
    assert (web[box.window] == GREY).all()
    rows, columns = np.nonzero(coloured(web[:, :]))
    assert rows.min() < box.top
    assert columns.min() < box.left
    assert coloured(web)[box.top : box.bottom, box.right : box.right + 10].any(axis=1).all()


def test_a_defect_at_the_rim_is_drawn_inside_the_frame():
    corners = (Box(0, 0, 6, 6), Box(ROWS - 6, COLUMNS - 6, ROWS, COLUMNS), Box(0, 250, ROWS, 256))
    web = web_of(overlay(frame(), replace(CLEAN, defects=tuple(defect(box) for box in corners))))
    assert coloured(web)[:20, :20].any()
    assert coloured(web)[-20:, -20:].any()


def test_severities_and_events_differ_in_colour():
    box = Box(100, 200, 120, 260)
    edges = []
    for severity in Severity:
        web = web_of(overlay(frame(), replace(CLEAN, defects=(defect(box, severity),))))
        edges.append(tuple(web[110][coloured(web)[110]][0]))
    web = web_of(overlay(frame(), replace(CLEAN, events=(defect(box, kind=Kind.SPLICE).finding,))))
    edges.append(tuple(web[110][coloured(web)[110]][0]))
    assert len(set(edges)) == 4


def test_verdicts_differ_in_colour_and_in_words():
    strips = [overlay(frame(), replace(CLEAN, verdict=verdict))[:-ROWS] for verdict in Verdict]
    grounds = {tuple(strip[-1, -1]) for strip in strips}
    letters = {(strip == 255).all(axis=2).tobytes() for strip in strips}
    assert len(grounds) == len(letters) == 4


def test_reasons_lengthen_the_strip_up_to_a_limit():
    heights = [len(overlay(frame(), replace(CLEAN, reasons=("too dark",) * count))) for count in (0, 1, 3, 4, 400)]
    assert heights[0] < heights[1] < heights[2] < heights[3] == heights[4]


@pytest.mark.parametrize("mirrored", [False, True])
def test_lane_edges_stand_at_their_columns(mirrored):
    place = Placement(0.1, 0.1, cross_offset_mm=20.0, mirrored=mirrored)
    edges = sorted(place.cross_mm(column, COLUMNS) for column in (100, 300))
    web = web_of(overlay(frame(), replace(CLEAN, lanes=(LaneExtent(1, *edges),)), place))
    assert np.flatnonzero(coloured(web)[50]).tolist() == [100, 300]


def test_labels_do_not_cover_each_other():
    apart = [Box(60, 40, 70, 50), Box(60, 300, 70, 310)]
    close = [Box(60, 40, 70, 50), Box(66, 46, 76, 56)]
    dark = [
        (web_of(overlay(frame(), replace(CLEAN, defects=tuple(defect(box) for box in boxes)))) < GREY // 2).sum()
        for boxes in (apart, close)
    ]
    assert dark[0] == pytest.approx(dark[1], rel=0.15)


def test_any_frame_size_and_any_letters_can_be_drawn():
    small = Frame(np.full((16, 16), GREY, np.uint8))
    record = replace(
        CLEAN, verdict=Verdict.HOLD, reasons=("zu dunkel: Lampe prüfen",), defects=(defect(Box(3, 3, 5, 5)),)
    )
    assert overlay(small, record).shape[1:] == (16, 3)
