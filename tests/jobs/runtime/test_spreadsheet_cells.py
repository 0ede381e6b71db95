from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime.spreadsheet_cells import as_written, harmless


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1"])
def test_a_formula_stands_behind_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "a=1", "'tis", "1-2", -5, -0.5, None, True])
def test_other_cells_are_as_they_were(value: object) -> None:
    assert harmless(value) is value


@given(st.text(st.sampled_from("'=+-@\t\ra"), max_size=6))
def test_a_text_comes_back_from_its_cell(text: str) -> None:
    assert as_written(harmless(text)) == text
