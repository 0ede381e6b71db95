"""Generated pages are up to date and complete."""

import pytest

from jobs.recipes.signal_catalogue import known_signals
from jobs.upkeep.reference_pages import PAGES, settings_page, signals_page
from tests.conftest import REPOSITORY


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_what_the_code_declares(page: str) -> None:
    written = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    assert written == PAGES[page](), "run `make docs`"


def test_every_signal_has_a_row_with_meaning_and_source() -> None:
    rows = [line.split(" | ") for line in signals_page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(known_signals())
    assert all(all(cell.strip(" |") for cell in row) for row in rows)


def test_every_setting_says_what_it_does() -> None:
    rows = [line.split(" | ") for line in settings_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    assert [row[0] for row in rows if not row[2].strip(" |")] == []
