"""Weak labels 0 to 5 from where a document of the shared folder comes from, and from what was done to it.

Nobody read these documents to grade them. A manual is graded 4 because it is a manual, a listing page 1
because it is a listing; what is graded 0 was made from other documents of the same source by breaking
them. A model learns the look of sources from this, and its test says how well that look carries over to
sources it has not seen: docs/grading.md.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pyarrow as pa

from bench.shared_texts import real_texts

SOURCE_GRADES = {
    "html/docs_en/debian_handbook": 5, "html/docs_zh/debian_handbook": 5, "html/docs_zh/maint_guide": 5,
    "html/docs_en/w3c_i18n": 5, "html/docs_zh/w3c_i18n": 5, "html/docs_zh/lilypond": 5, "pdf/docs_zh": 5,
    "pdf/docs_en": 5, "epub": 5, "pdf/two_column": 5,
    "html/docs_en/apache_httpd": 4, "html/docs_zh/apache_httpd": 4, "html/docs_en/debian_policy": 4,
    "html/docs_en/debian_reference": 4, "html/docs_zh/debian_reference": 4,
    "html/docs_en/developers_reference": 4, "html/docs_zh/debian_faq": 4, "html/blog_zh/rqy": 4,
    "html/blog_zh/menci": 4, "html/docs_zh/libreoffice_help": 4, "text/books_en": 4, "text/books_zh": 4,
    "html/books_en": 4,
    "html/blog_zh/0cch": 3, "html/blog_zh/mechdancer": 3, "html/news_en": 3, "html/docs_zh/flink_pages": 3,
    "html/blog_multi": 3, "text/laws_zh": 3, "pdf/tables": 3,
    "html/blog_zh/birdzhang": 2, "html/forum_en/openenergymonitor": 2, "html/forum_en/twisted_mail": 2,
}  # fmt: skip
PAGE_GRADES = {
    "documentation": 4, "article": 3, "forum": 2,
    "service": 1, "product": 1, "listing": 1, "collection": 1,
}  # fmt: skip
BOOKS = ("text/books_", "html/books_")
PART_CHARACTERS = 6000
PARTS_OF_A_BOOK = 12
ONE_IN_BROKEN = 4
SPAM = {
    "en": "buy cheap best price online free shipping discount sale order now click here offer deal "
    "coupon review top rated 2024 near me wholesale store brand new",
    "zh": "正品 低价 批发 包邮 优惠 促销 点击 购买 热卖 厂家 直销 代理 加盟 推荐 排行榜 价格 多少钱 哪家好 "
    "官网 下载 免费 最新 在线 客服 微信",
}


class WeakLabel(NamedTuple):
    """One labelled document; ``group`` is what must not be divided between training and test."""

    text: str
    label: int
    group: str
    language: str
    source: str


def weak_labels(data: Path, cache: Path) -> pa.Table:
    """Label every English and Chinese document of the shared folder whose source has a grade.

    Args:
        data: The shared folder.
        cache: Parquet with the extracted texts; written when it is not there.

    Returns:
        Columns text, label, group, language, source; in a fixed order.
    """
    rows = list(_documents(data, real_texts(data, cache)))
    broken = [made for number, row in enumerate(rows) for made in _broken(row, number)]
    table = pa.Table.from_pylist([row._asdict() for row in [*rows, *broken]])
    return table.set_column(1, "label", table.column("label").cast(pa.float64()))


def _documents(data: Path, texts: pa.Table) -> Iterator[WeakLabel]:
    for path, language, text in zip(*(texts.column(n).to_pylist() for n in texts.column_names),
                                    strict=True):  # fmt: skip
        if path.startswith("wcxb_dev/"):
            yield _web_page(data, path, language, text)
            continue
        source = next((name for name in SOURCE_GRADES if path.startswith(name)), None)
        if source is None:
            continue
        # Translations and versions of one work are one group: html/docs_en/x and html/docs_zh/x.
        work = Path(source).name if source.startswith("html/docs") else source
        parts = _parts(text) if source.startswith((*BOOKS, "epub", "pdf/docs")) else [text]
        group = f"{work}/{Path(path).stem.split('__')[0].split('.')[0]}" if len(parts) > 1 else work
        for part in parts:
            yield WeakLabel(part, SOURCE_GRADES[source], group, language, source)
    laws = sorted((data / "text/laws_zh").rglob("*.md"))
    contents = [path.read_text("utf-8", "replace") for path in laws]
    for path, text in zip(laws, contents, strict=True):
        yield WeakLabel(text, 3, f"laws/{path.stem[:2]}", "zh", "text/laws_zh")


def _web_page(data: Path, path: str, language: str, text: str) -> WeakLabel:
    truth = json.loads((data / "wcxb_dev/ground-truth" / Path(path).name.split(".")[0])
                       .with_suffix(".json").read_text("utf-8"))  # fmt: skip
    kind = truth["_internal"]["page_type"]["primary"]
    host = urlsplit(truth["url"]).netloc.removeprefix("www.")
    return WeakLabel(text, PAGE_GRADES[kind], host, language, f"web page: {kind}")


def _parts(text: str) -> list[str]:
    """Stretches of a book, evenly spaced: a novel must not be one document, nor a thousand."""
    starts = range(0, max(1, len(text) - PART_CHARACTERS), PART_CHARACTERS)
    step = max(1, len(starts) // PARTS_OF_A_BOOK)
    return [text[start : start + PART_CHARACTERS] for start in starts[::step][:PARTS_OF_A_BOOK]]


def _broken(row: WeakLabel, number: int) -> Iterator[WeakLabel]:
    """Every fourth document again as something worthless; it stays in its document's group."""
    if number % ONE_IN_BROKEN:
        return
    generator = random.Random(number)
    kind = ("shuffled", "keywords", "mojibake", "furniture")[number // ONE_IN_BROKEN % 4]
    text = row.text[:PART_CHARACTERS]
    if kind == "shuffled":
        units = text.split() if row.language == "en" else list(text)
        generator.shuffle(units)
        made = (" " if row.language == "en" else "").join(units)
    elif kind == "keywords":
        separator = generator.choice([" ", ", ", " | ", "\n"])
        made = separator.join(
            generator.choices(SPAM[row.language].split(), k=generator.randint(60, 400))
        )
    elif kind == "mojibake":
        made = text.encode("utf-8").decode(
            "latin-1" if row.language == "zh" else "utf-16-le", "replace"
        )
    else:
        lines = [line for line in row.text.splitlines() if 0 < len(line) < 25]
        made = "\n".join(generator.choices(lines, k=60)) if lines else row.text[:20] * 30
    yield WeakLabel(made, 0, row.group, row.language, f"made: {kind}")


def counts(table: pa.Table) -> dict[str, dict[str, int]]:
    """Documents by source and language, for the page that describes the set."""
    found: dict[str, dict[str, int]] = {}
    columns = ("source", "language", "label")
    for source, language, label in zip(
        *(table.column(n).to_pylist() for n in columns), strict=True
    ):
        row = found.setdefault(f"{int(label)} {source}", {})
        row[language] = row.get(language, 0) + 1
    return dict(sorted(found.items(), reverse=True))
