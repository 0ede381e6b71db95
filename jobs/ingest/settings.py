"""What a user can set about reading sources."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from jobs.runtime.user_code import spelled_out
from udfs.extraction.contract import FORMATS

READERS = "corpusmill.readers"
"""Entry points by which installed packages give readers to formats."""
_ENDING = re.compile(r"[a-z0-9_-]+")


class IngestSettings(BaseModel):
    """Limits and names for reading sources; sizes in mebibytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_document_megabytes: int = Field(
        64, ge=1, le=1024, description="a larger document is quarantined as too_big, unread"
    )
    text_fields: tuple[str, ...] = Field(
        ("text", "content", "raw_content", "body"),
        description="columns that may hold extracted text in Parquet and JSONL; the first found counts",
    )
    html_fields: tuple[str, ...] = Field(
        ("html", "raw_html"), description="columns that may hold a page; used before text_fields"
    )
    url_fields: tuple[str, ...] = Field(
        ("url", "uri", "link"), description="columns for the address"
    )
    id_fields: tuple[str, ...] = Field(
        ("id", "doc_id"), description="columns for the user's own id"
    )
    date_fields: tuple[str, ...] = Field(
        ("fetched_at", "timestamp", "date", "crawl_date"), description="columns for the fetch time"
    )

    carry: tuple[str, ...] = Field(
        (),
        description="further columns of tables (Parquet, JSON, CSV, TSV) and partitions in paths "
        "(`year=2024/`) to keep, as a JSON object in `metadata`; `[all]`: every one that is not read as "
        "something else",
    )
    paths_prefix: str = Field(
        "s3://commoncrawl/",
        description="where `cc:NAME`, and paths in lists (`warc.paths.gz`) that begin with no slash or "
        "scheme, begin",
    )
    readers: dict[str, str] = Field(
        {},
        description="readers of your own by the ending of files and addresses, e.g. "
        "`{rst: MODULE:FUNCTION}`, or what an installed package calls it (entry point `corpusmill.readers`); "
        "see docs/annotators.md",
    )
    keep_content: bool = Field(
        False,
        description="write the raw bytes into documents/, too: a copy of the input that outlives it",
    )

    @field_validator("readers")
    @classmethod
    def _readers_are_spelled_out(cls, given: dict[str, str]) -> dict[str, str]:
        for ending in given:
            if not _ENDING.fullmatch(ending) or ending in FORMATS:
                raise ValueError(
                    f"{ending!r}: an ending has a to z, 0 to 9, _ and -, no dot, and is none of "
                    f"{', '.join(FORMATS)}"
                )
        return {ending: spelled_out(place, READERS) for ending, place in given.items()}

    @property
    def max_document_bytes(self) -> int:
        """The document limit in bytes."""
        return self.max_document_megabytes << 20
