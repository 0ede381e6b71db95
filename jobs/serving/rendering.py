"""A page from its template: values escaped, invisible characters shown, text of documents never markup."""

from __future__ import annotations

from importlib import resources
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup, escape

from jobs.report.page import page_environment, page_resource
from jobs.runtime.visible_text import INVISIBLE, visible

STYLES: Final = ("report.css", "serving.css")
SCRIPT: Final = "serving.js"


def serving_environment() -> Environment:
    """Return the report's environment with the templates of this folder."""
    environment = page_environment().overlay(loader=FunctionLoader(own_resource))
    environment.filters |= {"shown": shown}
    environment.globals |= {"is_web_address": is_web_address}
    return environment


def own_resource(name: str) -> str:
    """Return a file of this folder as text."""
    return resources.files("jobs.serving").joinpath(name).read_text(encoding="utf-8")


def stylesheet() -> str:
    """Return the report's style and what these pages add to it."""
    return page_resource(STYLES[0]) + own_resource(STYLES[1])


def shown(text: str) -> Markup:
    """Return a document's text as HTML in which nothing of it is markup.

    Invisible and reordering characters become marks of their own, so that they are told from a text
    that spells ``[U+202E]``.
    """
    parts, place = [], 0
    text = text.replace("\r\n", "\n")
    for match in INVISIBLE.finditer(text):
        parts += [escape(text[place : match.start()]), Markup('<b class="hidden-mark">')]
        parts += [escape(visible(match.group())), Markup("</b>")]
        place = match.end()
    return Markup("").join([*parts, escape(text[place:])])


def is_web_address(url: str | None) -> bool:
    """Say whether an address that a document brought may become a link: no script, no file."""
    try:
        return urlsplit(url or "").scheme in ("http", "https")
    except ValueError:
        return False
