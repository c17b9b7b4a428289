"""Places in lists, told to whoever pages through them."""

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from service.cursors import CURSOR_PATTERN, cursor_of, place_of
from service.errors import UnknownPage

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=128)


@given(TEXT, TEXT)
def test_a_cursor_leads_back_to_its_place_and_fits_its_own_pattern(first: str, second: str) -> None:
    cursor = cursor_of(first[:30], second)
    assert re.fullmatch(CURSOR_PATTERN, cursor)
    assert place_of(cursor, 2) == (first[:30], second)


@given(st.text(string.ascii_letters + string.digits + "_=-", min_size=1, max_size=1000))
def test_whatever_fits_the_pattern_is_a_place_or_unknown(cursor: str) -> None:
    try:
        place = place_of(cursor, 2)
    except UnknownPage:
        return
    assert [type(part) for part in place] == [str, str]
