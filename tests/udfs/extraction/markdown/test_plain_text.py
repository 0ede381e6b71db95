"""Plain text and Markdown files."""

from __future__ import annotations

import textwrap

from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.markdown.plain_text import read_plain_text

PARAGRAPH = " ".join(["Whoever cannot say what was in the data cannot say why the model lies."] * 8)


def test_markdown_heading_is_the_title_and_comments_go() -> None:
    document = read_plain_text("# 控烟条例\n\n<!-- INFO END -->\n\n第一条 为了健康。")
    assert document.title == "控烟条例"
    assert document.text == "# 控烟条例\n\n第一条 为了健康。"


def test_wrapped_lines_are_joined_unless_told_otherwise() -> None:
    wrapped = "\n\n".join([textwrap.fill(PARAGRAPH, 70)] * 3)
    assert read_plain_text(wrapped).text == "\n\n".join([PARAGRAPH] * 3)
    options = ExtractionOptions(join_wrapped_lines=False)
    assert read_plain_text(wrapped, options).text == wrapped


def test_fenced_code_is_left_alone() -> None:
    code = "```\n" + textwrap.fill(PARAGRAPH, 70) + "\n```\n\n" + textwrap.fill(PARAGRAPH, 70)
    assert read_plain_text(code).text == code


def test_empty_text() -> None:
    assert read_plain_text("\x00\n \n").text == ""
