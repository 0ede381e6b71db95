"""Listings however blogs write them: one line a line, no line numbers."""

from __future__ import annotations

import pytest

from udfs.extraction.html.source.plain_markup import plain_markup

CODE = ["total = 0", "for boat in boats:", "    total += boat.length", "print(total &lt; 9)"]
LISTING = "<pre><code>{}</code></pre>".format("\n".join(CODE))


def numbered(form: str, between: str = "\n") -> str:
    return between.join(form.format(number, line) for number, line in enumerate(CODE, 1))


def each(form: str, between: str = "") -> str:
    return between.join(form.format(line) for line in CODE)


NUMBERS = "<br>".join(map(str, range(1, 5)))


@pytest.mark.parametrize(
    "source",
    [
        f"<pre>{each('{}', chr(10))}</pre>",
        f"<pre>{each('{}', '<br>')}</pre>",
        f"<pre><code>{each('<div class=line>{}</div>')}</code></pre>",
        f"<pre>{each('<div>{}</div>', chr(10))}</pre>",
        f"<pre><code>{each('<span class=line>{}</span>')}</code></pre>",
        f"<pre>{each('<code>{}</code>')}</pre>",
        f"<code>{each('<span style=display:block>{}</span>')}</code>",
        f"<code>{each('{}', '<br />')}</code>",
        f"<pre><ol class=linenums>{each('<li class=L0>{}</li>')}</ol></pre>",
        f"<pre><code>{numbered('<span class=lineno>{} </span>{}')}</code></pre>",
        f"<pre>{numbered('<span class=hljs-ln-n>{}</span>{}')}</pre>",
        f"<pre>{numbered('<a class=line-number>{}&nbsp;</a>{}')}</pre>",
        f"<pre>{numbered('{} {}')}</pre>",
        f"<pre>{numbered('{}| {}')}</pre>",
        f"<pre><button class=copy onclick='() => copy()'>Copy</button>{each('{}', chr(10))}</pre>",
        f"<pre>{each('{}', chr(13) + chr(10))}</pre>",
    ],
)
def test_forms(source: str) -> None:
    assert plain_markup(source) == LISTING


@pytest.mark.parametrize(
    ("gutter", "left"),
    [
        (f'<td class="gutter"><pre>{NUMBERS}</pre></td>', ""),
        (f"<td><pre>{NUMBERS}</pre></td>", ""),
        (f'<td class="linenos"><div class="linenodiv"><pre>{NUMBERS}</pre></div></td>', ""),
    ],
)
def test_a_column_of_numbers_beside_the_code_is_dropped(gutter: str, left: str) -> None:
    code = f"<td><pre>{each('{}', chr(10))}</pre></td>"
    found = plain_markup(f"<table><tr>{gutter}{code}</tr></table>")
    assert found == f"<table><tr>{left}<td>{LISTING}</td></tr></table>"


def test_a_listing_of_numbers_that_stands_alone_is_output() -> None:
    assert "1\n2\n3" in plain_markup("<p>It prints:</p><pre>1\n2\n3</pre>")


@pytest.mark.parametrize(
    "source", ["<p>Call <code>f(x)</code> now.</p>", "<pre><h2>no listing</h2></pre>"]
)
def test_other_elements_stay(source: str) -> None:
    assert plain_markup(source) == source


def test_a_superscript_in_a_listing_is_marked_too() -> None:
    assert plain_markup("<pre>10<sup>6</sup></pre>") == "<pre><code>10^6</code></pre>"
