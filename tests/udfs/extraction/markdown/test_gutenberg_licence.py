"""Project Gutenberg's frame in its forms, synthetic and real."""

from __future__ import annotations

from pathlib import Path

import pytest

from udfs.extraction.charsets.decoding import decode
from udfs.extraction.markdown.cleanup import clean_text
from udfs.extraction.markdown.gutenberg_licence import strip_gutenberg_licence

STORY = "CHAPTER I\n\n" + "It was a bright cold day in April. " * 200
MODERN = (
    "The Project Gutenberg eBook of A Tale\n\nTitle: A Tale\n\nAuthor: Jane Doe\n\n"
    "Language: English\n\n*** START OF THE PROJECT GUTENBERG EBOOK A TALE ***\n\n"
    "Produced by Some Volunteers\n\n"
    f"{STORY}\n\n*** END OF THE PROJECT GUTENBERG EBOOK A TALE ***\n\nlicence words"
)
NINETIES = (
    "The Project Gutenberg Etext of A Tale\n\nplease read\n\n"
    "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
    f"{STORY}\n\nEnd of the Project Gutenberg Etext of A Tale\n"
)


@pytest.mark.parametrize("book", [MODERN, NINETIES])
def test_header_and_footer_go(book: str) -> None:
    assert strip_gutenberg_licence(book).text.strip() == STORY.strip()


def test_fields_of_the_header_are_read() -> None:
    book = strip_gutenberg_licence(MODERN)
    assert (book.title, book.author, book.language) == ("A Tale", "Jane Doe", "en")


def test_a_text_about_the_project_stays_whole() -> None:
    essay = "Project Gutenberg was founded in 1971.\n\n" + STORY
    assert strip_gutenberg_licence(essay).text == essay
    assert strip_gutenberg_licence(STORY).text == STORY


@pytest.mark.real_data
def test_no_real_book_keeps_its_licence(shared_data: Path) -> None:
    books = sorted((shared_data / "text/books_en").iterdir())
    assert len(books) == 11
    for path in books:
        text = strip_gutenberg_licence(clean_text(decode(path.read_bytes()).text)).text
        assert "Project Gutenberg" not in text, path.name
        assert "small print" not in text.lower(), path.name
        assert len(text) > 130_000, path.name
