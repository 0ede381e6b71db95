"""The tree that is made without trafilatura is the one that trafilatura makes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from lxml import etree
from lxml.html import HtmlElement

from udfs.extraction.html.libraries import page_tree, plain_tree

BODY = (
    "<head><title>t</title></head><body><!-- c --><div class='post'>a\x01b<br/>&eacute;"
    "<form>x</form></div></body>"
)
PAGES = [
    f"<!DOCTYPE html>\n<html lang='en' >{BODY}</html>",
    f"<!doctype html>\n<!--[if IE]><html class='ie'><![endif]-->{BODY}",
    f'<!DOCTYPE html PUBLIC "-//W3C//DTD" "http://www.w3.org/TR">\n<html>{BODY}</html>',
    f'<!DOCTYPE html PUBLIC "-//W3C//DTD" "http://www.w3.org/TR"><html>\n{BODY}</html>',
    f"  <HTML>{BODY}</HTML>",
    f"<html><meta charset='gb2312' />\n{BODY}</html>",
    f"<!doctype html><html />\n{BODY}",
    f'<?xml version="1.0" encoding="utf-8"?><html>{BODY}</html>',
    BODY,
    "<html></html>",
    "<!doctype html><!-- nothing -->",
    "no page",
    "<html>\ud800 lone</html>",
]


def written(tree: object) -> str | None:
    return None if tree is None else etree.tostring(tree, encoding="unicode", method="html")


@pytest.mark.parametrize("page", PAGES)
def test_both_trees_are_the_same(page: str) -> None:
    assert written(plain_tree(page)) == written(page_tree(page))


def test_the_elements_are_lxmls_own() -> None:
    assert not isinstance(plain_tree(PAGES[0]), HtmlElement)


def test_a_page_read_by_the_model_loads_neither_trafilatura_nor_what_compiles_kernels() -> None:
    code = (
        "import sys\n"
        "from udfs.extraction.document_reading import extract\n"
        "page = b'<!doctype html><html><title>t</title><body>'"
        " + b'<div class=post><p>A post with some words in it.</p></div>' * 5\n"
        "extract(page)\n"  # the first call of a machine compiles
        "assert 'trafilatura' not in sys.modules\n"
        "print('scipy.linalg' in sys.modules)\n"
    )
    for _ in range(2):
        answer = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
    assert answer.stdout == "False\n"
