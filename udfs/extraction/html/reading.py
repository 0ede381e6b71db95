"""Web pages to Markdown: each profile's reader, the second reader, posts, and pages in templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any

from udfs.extraction.contract import (
    DEFAULT_OPTIONS,
    DocumentRefusedError,
    ExtractionOptions,
    ReadDocument,
)
from udfs.extraction.html.blocks.page_blocks import PageBlocks, segment
from udfs.extraction.html.headline import headline_of, with_headline
from udfs.extraction.html.learned.model import (
    BlockModel,
    JudgedBlocks,
    judge_blocks,
    shipped_model,
)
from udfs.extraction.html.learned.reading import holds_likeliest, learned_text, stated_tree
from udfs.extraction.html.libraries import (
    all_text,
    page_tree,
    plain_tree,
    resiliparse_text,
    trafilatura_text,
)
from udfs.extraction.html.metadata import PageMetadata, read_metadata
from udfs.extraction.html.nesting import nesting_bound
from udfs.extraction.html.page_kind import (
    calls_itself_article,
    is_discussion,
    is_unspaced_article,
    states_news,
)
from udfs.extraction.html.posts import posts_page
from udfs.extraction.html.profiles import HTML_PROFILES, HtmlProfile
from udfs.extraction.html.rescue import PRECISE_SHARE, SHORT_TEXT, is_rescued, minimum_chances
from udfs.extraction.html.source.plain_markup import plain_markup
from udfs.extraction.html.source.ruby import with_readings
from udfs.extraction.html.statements import statements_tree
from udfs.extraction.html.trafilatura_tree import prepare_tree
from udfs.extraction.markdown.cleanup import clean_text

MINIMUM_TEXT = 25
"""Characters below which a result counts as nothing found and the next reader is asked."""

MAXIMUM_BLOCKS = 20_000
"""More are never judged: about a second's work, and no page of the development set has a fifth of it."""

_TABLE_RULE = re.compile(r"^\|(?:\s*:?-{3,}:?\s*\|)+\s*$", re.MULTILINE)

# Pages that keep their whole text in a template for a script to render in the browser.
_TEMPLATE = re.compile(
    r"<script[^>]{0,200}?type\s*=\s*[\"']?text/"
    r"(?:x-handlebars(?:-template)?|(?:x-|ng-)?template|x-(?:jquery-)?tmpl|html)\b[^>]{0,200}>"
    r"(.*?)</script\s*>",
    re.IGNORECASE | re.DOTALL,
)
_PLACEHOLDER = re.compile(r"\{\{[^{}]{0,200}\}\}")


@cache
def reader_version(distribution: str) -> str:
    """Version of an installed distribution, read once (a scan of the file system)."""
    return version(distribution)


def read_html(
    text: str, url: str | None = None, options: ExtractionOptions = DEFAULT_OPTIONS
) -> ReadDocument:
    """Extract the main text of a page.

    Args:
        text: The decoded page.
        url: Its address, which helps trafilatura to resolve what belongs to the page.
        options: The profile and the caps on tags and depth are obeyed.

    Returns:
        Markdown with headings, lists, code and tables, without navigation and comments.

    Raises:
        DocumentRefusedError: ``too_complex`` above ``html_max_tags``.
    """
    tags = text.count("<")  # comments included
    if tags > options.html_max_tags:
        raise DocumentRefusedError(
            "too_complex", f"{tags:,} tags; at most {options.html_max_tags:,} are parsed"
        )
    if options.ruby_readings:
        text = with_readings(text)
    is_learned = HTML_PROFILES[options.profile].reader == "learned"
    if not is_learned:  # whose blocks read the markup themselves
        text = plain_markup(text)
    if tags > options.html_max_tags_main:
        if is_learned:
            return _as_document(
                clean_text(segment(text).all_text()), "learned_all_text", PageMetadata()
            )
        return _as_document(all_text(text), "resiliparse_all_text", PageMetadata())
    document = _read_page(text, url, options)
    if len(document.text) < MINIMUM_TEXT and _TEMPLATE.search(text):
        rendered = _PLACEHOLDER.sub("", _TEMPLATE.sub(r"<div>\1</div>", text))
        document = _read_page(rendered, url, options)
    return document


@dataclass(frozen=True)
class _Page:
    """A page with what its readers ask of it, each computed once and only when asked for."""

    text: str
    url: str | None
    tree: Any
    metadata: PageMetadata
    profile: HtmlProfile
    blocks: PageBlocks | None
    """Of the learned reader only."""
    options: ExtractionOptions

    @cached_property
    def has_second(self) -> bool:
        """Main-content mode takes time quadratic in the depth: 40 s for a page of 0.5 MB."""
        maximum = self.options.html_max_depth
        return nesting_bound(self.text, maximum) <= maximum

    @cached_property
    def second(self) -> str:
        return resiliparse_text(self.text) if self.has_second else ""

    @cached_property
    def is_article(self) -> bool:
        return calls_itself_article(self.metadata.kinds, self.text)

    @cached_property
    def is_discussion(self) -> bool:
        page = self.text if self.blocks is None else self.blocks.page
        return not states_news(self.metadata.kinds) and is_discussion(page)


Found = tuple[str, str]
"""A text and the name of who found it."""


def _read_page(text: str, url: str | None, options: ExtractionOptions) -> ReadDocument:
    profile = HTML_PROFILES[options.profile]
    if profile.reader == "learned":
        blocks = segment(text)
        metadata = read_metadata(stated_tree(blocks))
        page = _Page(text, url, None, metadata, profile, blocks, options)
    elif profile.reader == "resiliparse":
        metadata = read_metadata(statements_tree(text))
        page = _Page(text, url, None, metadata, profile, None, options)
    else:
        tree = page_tree(text)
        if tree is None:
            return _as_document(all_text(text), "resiliparse_all_text", PageMetadata())
        page = _Page(text, url, tree, read_metadata(tree), profile, None, options)
    found, name = READERS[profile.reader](page)
    if len(found) < MINIMUM_TEXT and len(page.second) >= MINIMUM_TEXT:
        found, name = page.second, "resiliparse"
    if len(found) < MINIMUM_TEXT:
        found, name = _all_text(page)
    return _as_document(found, name, page.metadata)


def _all_text(page: _Page) -> Found:
    if (
        page.blocks is not None
    ):  # linear even where Resiliparse's indentation of nested lists is not
        return clean_text(page.blocks.all_text()), "learned_all_text"
    return all_text(page.text), "resiliparse_all_text"


def _read_with_trafilatura(page: _Page) -> Found:
    profile = page.profile
    posts = _posts(page)
    if posts:
        return posts, "resiliparse_posts"
    prepare_tree(page.tree, page.text)
    is_unspaced = is_unspaced_article(page.text, page.metadata.language)
    if profile.is_precise_on_unspaced and page.has_second and is_unspaced:
        precise = trafilatura_text(page.tree, page.url, favor_precision=True)
        if len(precise) >= max(MINIMUM_TEXT, PRECISE_SHARE * len(page.second)):
            return precise, "trafilatura_precision"
    return _with_second(page)


def _posts(page: _Page) -> str:
    """The posts of a page of forum software; empty for other pages and profiles."""
    if not (page.profile.reads_posts and page.is_discussion):
        return ""
    tree = plain_tree(page.text) if page.tree is None else page.tree
    posts = "" if tree is None else posts_page(tree)
    return all_text(posts) if posts else ""


def _with_second(page: _Page) -> Found:
    found = trafilatura_text(page.tree, page.url, compares=page.profile.compares)
    if len(found) < MINIMUM_TEXT:
        return page.second, "resiliparse"
    if len(found) >= SHORT_TEXT and page.is_article and not page.profile.asks_second_always:
        return found, "trafilatura"  # the second reader's text could not be taken
    is_taken = len(page.second) >= MINIMUM_TEXT and is_rescued(
        found,
        page.second,
        is_article=page.is_article,
        is_forum=page.is_discussion,
        share=page.profile.rescue_share,
    )
    return (page.second, "resiliparse") if is_taken else (found, "trafilatura")


def _read_by_kind(page: _Page) -> Found:
    """Articles by trafilatura; what it reads worse than Resiliparse, and slower, by Resiliparse."""
    is_unspaced = is_unspaced_article(page.text, page.metadata.language)
    if page.is_article or is_unspaced or page.is_discussion or not page.has_second:
        return _read_with_trafilatura(page)
    return page.second, "resiliparse"


def _read_with_resiliparse(page: _Page) -> Found:
    return page.second, "resiliparse"


def _read_with_model(page: _Page) -> Found:
    if page.blocks is None:
        return "", "learned"
    judged = _judged(page.blocks, shipped_model())
    posts = _posts(page)
    if posts and (judged is None or holds_likeliest(posts, page.blocks, judged)):
        found, name = posts, "resiliparse_posts"
    else:
        found, name = _written(page.blocks, page.metadata, judged), "learned"
    if page.options.html_headline:
        stated = page.metadata
        address = page.url or stated.canonical_url
        found = with_headline(found, headline_of(stated.title, stated.site_name, address))
    return found, name


def read_blocks(blocks: PageBlocks, metadata: PageMetadata, model: BlockModel) -> str:
    """Read a page by a model of its blocks.

    Args:
        blocks: The page's blocks.
        metadata: What it says of itself.
        model: A trained extractor.

    Returns:
        Markdown; empty when nothing was found, or above ``MAXIMUM_BLOCKS``.
    """
    return _written(blocks, metadata, _judged(blocks, model))


def _judged(blocks: PageBlocks, model: BlockModel) -> JudgedBlocks | None:
    return None if len(blocks.blocks) > MAXIMUM_BLOCKS else judge_blocks(blocks, model)


def _written(blocks: PageBlocks, metadata: PageMetadata, judged: JudgedBlocks | None) -> str:
    if judged is None:
        return ""
    minimum = minimum_chances(blocks.page, judged.wide_share, metadata.kinds)
    return learned_text(blocks, judged, minimum)


READERS: dict[str, Callable[[_Page], Found]] = {
    "trafilatura": _read_with_trafilatura,
    "by_kind": _read_by_kind,
    "learned": _read_with_model,
    "resiliparse": _read_with_resiliparse,
}
"""By ``HtmlProfile.reader``; what they leave below ``MINIMUM_TEXT`` is sought with the next one."""


def _extractor_version(extractor: str) -> str:
    if extractor.startswith("learned"):
        return shipped_model().version
    return reader_version("trafilatura" if extractor.startswith("trafilatura") else "Resiliparse")


def _as_document(text: str, extractor: str, metadata: PageMetadata) -> ReadDocument:
    return ReadDocument(
        text=text,
        extractor=extractor,
        extractor_version=_extractor_version(extractor),
        title=metadata.title,
        author=metadata.author,
        date=metadata.date,
        language=metadata.language,
        canonical_url=metadata.canonical_url,
        licence_url=metadata.licence_url,
        tables_kept=len(_TABLE_RULE.findall(text)) if "---" in text else 0,
    )
