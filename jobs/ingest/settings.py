"""What a user can set about reading sources."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


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
    keep_content: bool = Field(
        False,
        description="write the raw bytes into documents/, too: a copy of the input that outlives it",
    )

    @property
    def max_document_bytes(self) -> int:
        """The document limit in bytes."""
        return self.max_document_megabytes << 20
