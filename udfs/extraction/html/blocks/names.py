"""Names the block kernel knows: tags by kind, attributes, flags of ancestors, character references.

The kinds follow the tree construction rules of the HTML standard (WHATWG, section 13.2.6); hashes are
FNV-1a of the lower-cased bytes, so that the kernel compares numbers and never slices a string.
"""

from __future__ import annotations

import html.entities
from typing import Final

import numpy as np
import numpy.typing as npt

FNV_OFFSET: Final = 14695981039346656037
FNV_PRIME: Final = 1099511628211

_BLOCK = (
    "body main article section div center p h1 h2 h3 h4 h5 h6 ul ol menu li dl dt dd table caption thead"
    " tbody tfoot tr td th figure figcaption blockquote pre address details summary hgroup header footer"
    " nav aside form fieldset legend button label dialog noscript template #custom #shadow"
)
_INLINE = (
    "a code tt kbd samp b strong i em u span font small big abbr time cite q mark sub sup ruby rb"
)
_VOID = "br hr img meta link input area base col embed source track wbr param"
_RAW = "script style iframe noembed noframes xmp textarea title"
_SKIPPED = "svg math select canvas rp rt rtc"
_STRUCTURE = "html head"
_KINDS = (_BLOCK, _INLINE, _VOID, _RAW, _SKIPPED, _STRUCTURE)

TAGS: Final = ("#root", *(name for names in _KINDS for name in names.split()))
"""Tag names by their number; 0 is the root, ``#shadow`` a template that a browser shows in its element's
place (declarative shadow DOM), and unknown inline elements have none."""

TAG: Final = {name: number for number, name in enumerate(TAGS)}

BLOCK, INLINE, VOID, RAW, SKIPPED, STRUCTURE = range(1, 7)
KIND: Final[npt.NDArray[np.uint8]] = np.array(
    [0, *(kind for kind, names in enumerate(_KINDS, 1) for _ in names.split())], np.uint8
)
"""Kind of each tag, uint8 [tags]."""

FLAGS: Final = (
    "article", "main", "nav", "aside", "footer", "header", "form", "table", "list", "dl", "figure",
    "blockquote", "pre", "section", "button", "label", "heading", "p", "cell", "hidden", "noscript",
    "address", "dialog", "li", "custom", "details",
)  # fmt: skip
"""What an element or one of its ancestors is; bit i of a node's flags is ``FLAGS[i]``."""

_FLAG_OF = {
    **{name: name for name in FLAGS if name in TAG},
    **dict.fromkeys(("ul", "ol", "menu"), "list"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("td", "th"), "cell"),
    "figcaption": "figure",
    "#custom": "custom",
    "#shadow": "custom",
    "summary": "details",
}
TAG_FLAGS: Final[npt.NDArray[np.int32]] = np.zeros(len(TAGS), np.int32)
"""Flags that an element of each tag has by itself, int32 [tags]."""
for _name, _flag in _FLAG_OF.items():
    TAG_FLAGS[TAG[_name]] |= 1 << FLAGS.index(_flag)
HIDDEN: Final = 1 << FLAGS.index("hidden")


def tags_named(names: str) -> tuple[int, ...]:
    """Numbers of tags, named with blanks between."""
    return tuple(TAG[name] for name in names.split())


def _marked(names: str) -> npt.NDArray[np.bool_]:
    return np.array([name in names.split() for name in TAGS])


_NO_PARAGRAPH_END = (
    "body button label noscript template #custom #shadow caption thead tbody tfoot tr td th legend"
)
CLOSES_P: Final = (KIND == BLOCK) & ~_marked(_NO_PARAGRAPH_END)
"""A start tag of these closes an open ``p``."""
SCOPE: Final = _marked("#root table caption td th template #shadow")
"""What a search for the element to close does not look beyond."""
TABLE_PARTS: Final = _marked("table caption thead tbody tfoot tr td th")
"""End tags of these are looked for up to the table."""
LISTS: Final = _marked("ul ol menu")
SPECIAL_BUT_FLOW: Final = (KIND == BLOCK) & ~_marked("address div p #custom #shadow label")
"""Elements that stop the search for the item which a new ``li``, ``dt`` or ``dd`` closes."""
HEADING_LEVEL: Final[npt.NDArray[np.int32]] = np.array(
    [
        int(name[1]) if len(name) == 2 and name[0] == "h" and name[1].isdigit() else 0
        for name in TAGS
    ],
    np.int32,
)
"""1 to 6 for headings, else 0; int32 [tags]."""
CODE: Final = _marked("code tt kbd samp")

ATTRIBUTES: Final = (
    "class", "id", "role", "itemprop", "style", "hidden", "aria-hidden", "property", "content", "name",
    "itemtype", "type", "rel", "rowspan", "colspan", "shadowrootmode", "shadowroot",
)  # fmt: skip

EDIT_LINKS, LINE_NUMBER, GLYPHS, TYPESET, SPOKEN = range(1, 6)
ROLES: Final = {
    **dict.fromkeys(("mw-editsection", "mw-editsection-like", "editsection", "secedit"), EDIT_LINKS),
    **dict.fromkeys(
        ("lineno", "linenos", "line-no", "ln", "lnt", "lnum", "line-number", "line-numbers", "linenumber",
         "linenumbers", "line_number", "line_numbers", "lineNumber", "lineNumbers", "LineNr", "ln-num",
         "hljs-ln-n", "hljs-ln-numbers", "react-syntax-highlighter-line-number", "code-line-number",
         "rouge-lineno", "gutter", "blob-num", "diff-line-num", "source-line-number"),
        LINE_NUMBER,
    ),
    "katex-html": GLYPHS,
    **dict.fromkeys(
        ("MathJax", "MathJax_Preview", "MathJax_SVG", "MathJax_CHTML", "mjx-chtml", "MathJax_MathML"), TYPESET
    ),
    "MJX_Assistive_MathML": SPOKEN,
}  # fmt: skip
"""Classes of inline elements that stand beside the text: links to edit a section (MediaWiki and its kin),
numbers of a listing's lines, and second writings of a formula (KaTeX behind its MathML; MathJax before its
TeX, with MathML for screen readers)."""

LINKED_TYPES: Final = {
    "article": 0, "newsarticle": 0, "blogposting": 0, "reportagenewsarticle": 0, "techarticle": 1,
    "howto": 1, "product": 2, "offer": 2, "aggregateoffer": 2, "productgroup": 2,
    "discussionforumposting": 3, "qapage": 3, "question": 3, "faqpage": 4, "itemlist": 5,
    "collectionpage": 5, "webpage": 6, "organization": 7, "localbusiness": 7, "recipe": 8, "service": 9,
    "breadcrumblist": 10, "website": 11,
}  # fmt: skip
"""schema.org types of JSON-LD in lower case and the group they are counted in."""
LINKED_GROUPS: Final = 12


def fnv(name: bytes) -> int:
    """FNV-1a of a byte string, 64 bits, as the kernels compute it."""
    value = FNV_OFFSET
    for byte in name:
        value = ((value ^ byte) * FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return value


def hash_table(values: dict[int, int]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """An open-addressing table for ``find``.

    Args:
        values: Value (>= 0) by 64-bit hash.

    Returns:
        Keys uint64 and values int32 (-1 = free), of one power-of-two size, at most a third full.
    """
    size = 64
    while size < 3 * len(values):
        size *= 2
    keys = np.zeros(size, np.uint64)
    stored = np.full(size, -1, np.int32)
    for key, value in values.items():
        place = key & (size - 1)
        while stored[place] >= 0:
            place = (place + 1) & (size - 1)
        keys[place], stored[place] = key, value
    return keys, stored


def _name_table(names: dict[str, int]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    return hash_table({fnv(name.encode()): value for name, value in names.items()})


TAG_KEYS, TAG_VALUES = _name_table({name: number for name, number in TAG.items() if name[0] != "#"})
ATTRIBUTE_KEYS, ATTRIBUTE_VALUES = _name_table({name: i for i, name in enumerate(ATTRIBUTES)})
LINKED_KEYS, LINKED_VALUES = _name_table(LINKED_TYPES)
ROLE_KEYS, ROLE_VALUES = _name_table({name.lower(): role for name, role in ROLES.items()})

_REFERENCES = sorted({name.rstrip(";") for name in html.entities.html5})
REFERENCE_KEYS, REFERENCE_VALUES = _name_table({name: i for i, name in enumerate(_REFERENCES)})
NEEDS_SEMICOLON: Final = np.array([name not in html.entities.html5 for name in _REFERENCES])
"""Whether a named reference counts only with its semicolon, bool [names]."""
_EXPANSIONS = [
    html.entities.html5.get(f"{name};", html.entities.html5.get(name, "")).encode()
    for name in _REFERENCES
]
REFERENCE_BYTES: Final = np.frombuffer(b"".join(_EXPANSIONS), np.uint8)
REFERENCE_BOUNDS: Final = np.cumsum([0, *map(len, _EXPANSIONS)]).astype(np.int32)
"""UTF-8 of reference i is ``REFERENCE_BYTES[REFERENCE_BOUNDS[i] : REFERENCE_BOUNDS[i + 1]]``."""
LONGEST_REFERENCE: Final = max(map(len, _REFERENCES))

NUMERIC_FIXES: Final = np.array(
    [ord(bytes([code]).decode("cp1252", "ignore") or chr(code)) for code in range(0x80, 0xA0)],
    np.int32,
)
"""What the standard reads the numeric references 128 to 159 as: the characters of Windows-1252."""
