"""What extraction takes and gives: options with their limits, the result, its closed set of statuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

STATUSES: dict[str, str] = {
    "ok": "text was extracted",
    "empty": "the document holds no text (0 bytes, blank pages, scripts only)",
    "too_big": "more bytes than the cap of its format, before or after unpacking",
    "too_complex": "more markup elements, pages or archive members than the cap of its format",
    "timeout": "the parser used up its processor time",
    "oom": "the parser reached its memory cap",
    "crash": "the parser process died, twice",
    "encrypted": "a password or digital rights management protects the text",
    "needs_ocr": "the text is in pictures, or its text layer is not readable",
    "unsupported": "the bytes are of no format that is read here, or their crawl's header says so",
    "decode_error": "no charset turns the bytes into text with under 1 % of replaced characters",
    "malformed": "the bytes claim a format but break its rules beyond repair",
}
"""Every status an extraction can end in. All but ``ok`` are quarantined by the extract stage."""

FORMATS = ("html", "pdf", "epub", "text", "unknown")

ProfileName = Literal["quality", "balanced", "fast", "learned", "resiliparse"]
"""Values of ``extract.profile``; the keys of ``html.profiles.HTML_PROFILES``."""

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class ExtractionOptions:
    """Limits and choices of an extraction; part of the stage's configuration fingerprint.

    Structural caps come before clocks because they are the same on every machine. The figures are
    measured: trafilatura needs 22 s for 1 M ``<br>``, Resiliparse's main-content mode 40 s for 50,000
    nested elements, and real pages hold 1,500 tags in the median.

    Attributes:
        profile: How pages are read: ``quality``, ``balanced``, ``fast``, ``learned`` or ``resiliparse``;
            see docs/extraction.md for what each costs and gives.
        html_headline: Whether the learned reader puts a page's title in front of a text that lacks it.
        ruby_readings: Whether the readings of ruby stay, in brackets behind their words (HTML and EPUB).
        html_max_bytes: Larger pages end as ``too_big`` (5 MiB is Common Crawl's own cut).
        html_max_tags: More ``<`` than this end as ``too_complex``.
        html_max_tags_main: More than this are read by Resiliparse's linear all-text mode.
        html_max_depth: Deeper nesting is never given to Resiliparse's main-content mode, whose time
            is quadratic in it.
        pdf_max_bytes: Larger files end as ``too_big``.
        pdf_max_pages: More pages end as ``too_complex``.
        epub_max_bytes: Larger archives end as ``too_big``.
        epub_max_unpacked_bytes: So do archives that declare or yield more than this.
        epub_max_member_bytes: So do archives with a larger member.
        epub_max_members: More archive members end as ``too_complex``.
        epub_max_ratio: A member above 1 MiB that was packed tighter than this ends as ``too_big``.
        text_max_bytes: Larger plain texts end as ``too_big``.
        max_text_characters: More extracted text ends as ``too_big``.
        max_replaced_share: More U+FFFD than this share of the characters ends as ``decode_error``.
        max_binary_share: More control bytes than this share end as ``unsupported``.
        max_lost_share: More crashes, timeouts and memory failures than this share (0 to 1) of the latest
            1,000 documents of a task stop the run; 1 never does.
        join_wrapped_lines: Undo hard wrapping of plain text where the whole document proves it.
        strip_gutenberg_licence: Remove Project Gutenberg's header and licence from plain text.
    """

    profile: ProfileName = "learned"
    html_headline: bool = True
    ruby_readings: bool = False
    html_max_bytes: int = 5 * MEBIBYTE
    html_max_tags: int = 500_000
    html_max_tags_main: int = 50_000
    html_max_depth: int = 1_000
    pdf_max_bytes: int = 64 * MEBIBYTE
    pdf_max_pages: int = 2_000
    epub_max_bytes: int = 64 * MEBIBYTE
    epub_max_unpacked_bytes: int = 512 * MEBIBYTE
    epub_max_member_bytes: int = 64 * MEBIBYTE
    epub_max_members: int = 10_000
    epub_max_ratio: int = 200
    text_max_bytes: int = 64 * MEBIBYTE
    max_text_characters: int = 50_000_000
    max_replaced_share: float = 0.01
    max_binary_share: float = 0.10
    max_lost_share: float = 0.05
    join_wrapped_lines: bool = True
    strip_gutenberg_licence: bool = True


DEFAULT_OPTIONS = ExtractionOptions()


@dataclass(frozen=True)
class ReadDocument:
    """What a reader of one format found; ``extract`` adds the provenance.

    Attributes:
        text: Markdown-like plain text: blank lines between paragraphs, ``#`` headings, ``|`` tables.
        extractor: Name of the reader that won.
        extractor_version: Its version.
        title: Title of the document as it states it; likewise author.
        author: See ``title``.
        date: ISO 8601 date of publication as the document states it.
        language: BCP 47 tag as the document declares it, not detected.
        canonical_url: The document's own statement of its address.
        licence_url: Address of the licence that the document links with ``rel="license"``.
        tables_kept: Tables written as Markdown.
        tables_dropped: Tables removed because their cells could not be told apart.
        pages: PDF pages, EPUB chapters read, otherwise 1.
        page_starts: Characters of the text before each page of a PDF and each document of an EPUB's spine;
            one without text begins where the next does. Empty for other formats.
        detail: What of the document could not be read although the rest was; empty when all was.
    """

    text: str
    extractor: str
    extractor_version: str
    title: str | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    licence_url: str | None = None
    tables_kept: int = 0
    tables_dropped: int = 0
    pages: int = 1
    page_starts: tuple[int, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class Extraction:
    """One document's extraction: a status, and text when the status is ``ok``.

    Attributes:
        status: A key of ``STATUSES``.
        text: Extracted text; empty unless the status is ``ok``. Never holds NUL or lone surrogates.
        title: As the document states it; likewise ``author``, ``date`` (ISO 8601), ``language``
            (BCP 47), ``canonical_url`` and ``licence_url``.
        author: See ``title``.
        date: See ``title``.
        language: See ``title``.
        canonical_url: See ``title``.
        licence_url: See ``title``.
        format: One of ``FORMATS``, told from the bytes, or that of a reader of the user's.
        extractor: The reader that produced the text or refused the document.
        extractor_version: Its version.
        charset: Python's name of the codec, for HTML and plain text.
        detail: For a reader of the quarantine: what was found and what was allowed. For ``ok``: what of
            the document could not be read; empty when all was.
        tables_kept: Tables written as Markdown.
        tables_dropped: Tables removed as unreadable.
        pages: PDF pages, EPUB chapters read, otherwise 1 (0 when nothing was read).
        page_starts: As of ``ReadDocument``; empty unless the status is ``ok``.
    """

    status: str
    text: str = ""
    title: str | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    licence_url: str | None = None
    format: str = "unknown"
    extractor: str = ""
    extractor_version: str = ""
    charset: str | None = None
    detail: str = ""
    tables_kept: int = 0
    tables_dropped: int = 0
    pages: int = 0
    page_starts: tuple[int, ...] = ()


class DocumentRefusedError(Exception):
    """A reader ends a document with a status of ``STATUSES`` other than ``ok``."""

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
