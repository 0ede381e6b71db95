"""Kinds of pages whose order of reading is not that of their rows, each as two producers write it.

The files of the shared folder were made by Chromium; the others are written here as office programs and TeX
write them. `test_browser_pages` has Chromium make such pages anew.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tests.conftest import SHARED_DATA
from tests.document_builders import (
    glyph_at,
    pdf_of_contents,
    pdf_of_glyphs,
    pdf_of_lines,
    stream,
    text_at,
)
from udfs.extraction.pdf.reading import read_pdf

CASES = SHARED_DATA.parent / "cases"
FERRY = (
    "The ferry leaves the harbour at six every morning and the passengers wait on the quay with their bags. "
    "On Sundays it leaves an hour later, since the captain has to ring the bell of the church before he can "
    "start the motor. The crossing takes forty minutes."
)
VERTICAL = (
    "渡し船は朝六時に出て、市の日には荷車の列が古い礼拝堂の先まで続きます。川の水が早く凍った冬のことを、"
    "村の人はだれも覚えていませんでした。"
)
LISTING = (
    "def cross(river):\n    for plank in river:\n        if plank < 3:\n            step(plank)\n"
)


def read_case(name: str) -> str:
    path = CASES / name
    if not path.is_file():
        pytest.skip(f"no case at {path}")
    return read_pdf(path.read_bytes()).text


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["upright", "sideways", "upside_down"])
def test_a_turned_page_with_hyphens_reads_like_an_upright_one(name: str) -> None:
    assert read_case(f"pdf_turned_hyphen/{name}.pdf") == FERRY


@pytest.mark.real_data
def test_the_initial_of_the_shared_case() -> None:
    assert read_case("pdf_drop_cap/drop.pdf").split("\n\n")[0] == (
        "Every morning the ferry leaves the eastern landing shortly after six, and on market days the queue "
        "of carts reaches back past the chapel and the two old lime trees that stand beside the water and "
        "throw their shade on the road."
    )


@pytest.mark.real_data
def test_vertical_japanese_of_the_shared_case() -> None:
    text = read_case("pdf_vertical_japanese/vert.pdf")
    assert text.startswith(VERTICAL + "渡し守は竿で氷を割りながら、")
    assert text.endswith("旅人は岸辺の柱をたたいて舟を呼びました。")
    assert "|" not in text


@pytest.mark.real_data
def test_arabic_of_the_shared_case() -> None:
    expected = (CASES / "pdf_arabic/expected.txt").read_text().strip().split("\n")
    assert read_case("pdf_arabic/ar.pdf").removeprefix("# ").split("\n\n") == expected


@pytest.mark.real_data
def test_raised_figures_of_the_shared_case() -> None:
    text = read_case("pdf_superscript_heading/sup.pdf")
    assert "#" not in text
    assert "The reservoir holds 10^6 litres; the area is 25 km^2, water is H2O. In 1848^3" in text
    assert "as the chronicle says.[12]" in text


@pytest.mark.real_data
def test_the_listing_of_the_shared_case() -> None:
    code = f"```\n{LISTING}        else:\n            wait()\n\n    return None\n```"
    assert code in read_case("pdf_code/code.pdf")


# --- right to left -----------------------------------------------------------------------------------

Spans = list[tuple[str, str]]
ARABIC: Spans = [
    ("R", "بلغت الأجرة "),
    ("L", "25"),
    ("R", " قرشا في عام "),
    ("L", "1848"),
    ("R", "، ثم ارتفعت."),
]
FIRM: Spans = [
    ("R", "استخدمت شركة "),
    ("L", "Riverside Ltd"),
    ("R", " قاربا (رقم "),
    ("L", "7"),
    ("R", ") على النهر."),
]
HEBREW: Spans = [
    ("R", "המעבורת יוצאת בשעה "),
    ("L", "06:30"),
    ("R", " (כל יום), ו"),
    ("L", "40%"),
    ("R", " מהנוסעים."),
]
MIRROR = str.maketrans("()", ")(")


def logical(spans: Spans) -> str:
    return "".join(text for _, text in spans)


def as_seen(spans: Spans, *, by_shape: bool) -> str:
    """The line from left to right; brackets by the shape that is seen or as they are written."""
    return "".join(
        text if kind == "L" else (text.translate(MIRROR) if by_shape else text)[::-1]
        for kind, text in reversed(spans)
    )


def width(text: str) -> float:
    return 6 * len(text)


def whole_line(y: float, spans: Spans, *, by_shape: bool) -> bytes:
    """As office programs write it: the line as the eye sees it from the left."""
    text = as_seen(spans, by_shape=by_shape)
    return glyph_at(540 - width(text), y, text)


def each_letter(y: float, spans: Spans, *, by_shape: bool) -> bytes:
    """As typesetters with a bidirectional engine write it: letters in reading order, each at its place."""
    seen = as_seen(spans, by_shape=by_shape)
    left = 540 - width(seen)
    order = sorted(range(len(seen)), reverse=True)
    return b"".join(glyph_at(left + 6 * i, y, seen[i]) for i in order if seen[i] != " ")


def each_word(y: float, spans: Spans, *, by_shape: bool) -> bytes:
    """As browsers write it: words in reading order, the letters of each from the left."""
    seen = as_seen(spans, by_shape=by_shape)
    left, words, start = 540 - width(seen), [], 0
    for word in seen.split(" "):
        words.append(glyph_at(left + 6 * start, y, word) if word else b"")
        start += len(word) + 1
    return b"".join(reversed(words))


@pytest.mark.parametrize("by_shape", [True, False], ids=["brackets by shape", "by meaning"])
@pytest.mark.parametrize("write", [whole_line, each_letter, each_word])
@pytest.mark.parametrize("spans", [ARABIC, FIRM, HEBREW], ids=["numbers", "names", "Hebrew"])
def test_right_to_left_lines_of_any_producer(spans: Spans, write: object, by_shape: bool) -> None:
    content = write(700, spans, by_shape=by_shape)  # type: ignore[operator]
    assert read_pdf(pdf_of_glyphs([content])).text == logical(spans)


def test_right_to_left_paragraphs_and_columns_are_read_from_the_right() -> None:
    right = [
        [("R", f"السطر رقم {word} من العمود الأول هنا")]
        for word in ("واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة")
    ]
    left = [
        [("R", f"السطر رقم {word} من العمود الثاني هنا")]
        for word in ("واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة")
    ]
    content = b"".join(
        glyph_at(540 - width(logical(line)), 700 - 16 * i, as_seen(line, by_shape=True))
        + glyph_at(270 - width(logical(other)), 700 - 16 * i, as_seen(other, by_shape=True))
        for i, (line, other) in enumerate(zip(right, left, strict=True))
    )
    text = read_pdf(pdf_of_glyphs([content])).text
    places = [text.find(logical(line)) for line in [*right, *left]]
    assert -1 not in places
    assert places == sorted(places)


def test_presentation_forms_are_letters() -> None:
    assert (
        read_pdf(pdf_of_glyphs([glyph_at(300, 700, "\ufee1\ufef8\ufeb4\ufedf\ufe8d")])).text
        == "السلأم"
    )


def test_a_hebrew_quotation_in_an_english_line() -> None:
    seen = "He said " + "שלום עולם"[::-1] + " and left the room without a word."
    expected = "He said שלום עולם and left the room without a word."
    assert read_pdf(pdf_of_glyphs([glyph_at(60, 700, seen)])).text == expected


# --- from top to bottom ------------------------------------------------------------------------------


def columns_of(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


def test_vertical_lines_in_a_vertical_font() -> None:
    content = b"".join(
        glyph_at(560 - 20 * i, 740, line) for i, line in enumerate(columns_of(VERTICAL, 20))
    )
    assert read_pdf(pdf_of_glyphs([content], from_top=True)).text == VERTICAL


def test_vertical_lines_of_single_characters() -> None:
    content = b"".join(
        glyph_at(560 - 20 * i, 740 - 12 * j, character)
        for i, line in enumerate(columns_of(VERTICAL, 20))
        for j, character in enumerate(line)
    )
    assert read_pdf(pdf_of_glyphs([content])).text == VERTICAL


def test_figures_side_by_side_in_a_vertical_line() -> None:
    lines = ["橋は昭和", "年に開通しました。それから船は休んでいます。"]
    content = b"".join(glyph_at(560, 740 - 12 * j, c) for j, c in enumerate(lines[0]))
    content += glyph_at(560, 740 - 12 * 4, "48")
    content += b"".join(glyph_at(560, 740 - 12 * (5 + j), c) for j, c in enumerate(lines[1]))
    assert read_pdf(pdf_of_glyphs([content])).text == "48".join(lines)


def test_level_chinese_stays_level() -> None:
    lines = columns_of(
        "那年秋天船队回到港口的时候没有人相信船长们讲述的关于北方冰海之外的岛屿和岛上居民的故事", 22
    )
    content = b"".join(glyph_at(60, 700 - 16 * i, line) for i, line in enumerate(lines))
    assert read_pdf(pdf_of_glyphs([content])).text == "".join(lines)


# --- initials and large figures ----------------------------------------------------------------------

BESIDE = [
    "very morning the ferry leaves the eastern landing shortly",
    "after six, and on market days the queue of carts reaches",
    "back past the chapel and the two old lime trees that stand",
]
BELOW = "beside the water and throw their shade on the road of the village."


@pytest.mark.parametrize("comes_last", [False, True])
@pytest.mark.parametrize(("initial", "start", "read"), [
    ("E", "very morning", "Every morning"),
    ("A", "fter the flood", "After the flood"),
    ("A", "road to which", "A road to which"),
])  # fmt: skip
def test_an_initial_over_three_lines(initial: str, start: str, read: str, comes_last: bool) -> None:
    lines = [BESIDE[0].replace("very morning", start), *BESIDE[1:]]
    parts = [text_at(60, 674, initial, 42)]
    parts += [text_at(94, 700 - 13 * i, line) for i, line in enumerate(lines)]
    parts.append(text_at(60, 661, BELOW))
    if comes_last:
        parts.append(parts.pop(0))
    expected = " ".join([*lines, BELOW]).replace(start, read, 1)
    assert read_pdf(pdf_of_contents([stream(b"".join(parts))])).text == expected


def test_large_figures_beside_lines_define_no_row() -> None:
    notes = ["of those who borrowed", "paid their loans back", "within ten years after"]
    parts = [text_at(60, 672, "93", 42)]
    parts += [text_at(130, 700 - 13 * i, note) for i, note in enumerate(notes)]
    text = read_pdf(pdf_of_contents([stream(b"".join(parts))])).text
    assert " ".join(notes) in text
    assert "93" in text


# --- turned pages ------------------------------------------------------------------------------------

HYPHENATED = [
    "The ferry leaves the har-",
    "bour at six every morn-",
    "ing and waits for no pas-",
    "senger on the quay.",
]
MATRICES = {
    0: b"1 0 0 1 60 700",
    90: b"0 -1 1 0 300 700",
    180: b"-1 0 0 -1 500 100",
    270: b"0 1 -1 0 100 60",
}
STEPS = {0: (0, -13), 90: (-13, 0), 180: (0, 13), 270: (13, 0)}


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_turned_text_on_turned_pages(degrees: int, rotate: int) -> None:
    a, b, c, d, x, y = map(float, MATRICES[degrees].split())
    dx, dy = STEPS[degrees]
    content = b"".join(
        b"BT /F1 10 Tf %g %g %g %g %g %g Tm (%s) Tj ET\n"
        % (a, b, c, d, x + dx * i, y + dy * i, line.encode())
        for i, line in enumerate(HYPHENATED)
    )
    page = pdf_of_contents([stream(content)]).replace(
        b"/MediaBox", b"/Rotate %d /MediaBox" % rotate
    )
    assert (
        read_pdf(page).text
        == "The ferry leaves the harbour at six every morning and waits for no passenger on the quay."
    )


# --- columns -----------------------------------------------------------------------------------------


def justified(x: float, y: float, line: str, right: float) -> bytes:
    """A line set out to the right margin: all blanks equally wide."""
    words = line.split()
    gap = (right - x - sum(5 * len(word) for word in words)) / max(1, len(words) - 1)
    parts = []
    for word in words:
        parts.append(text_at(x, y, word, 8))
        x += 5 * len(word) + gap
    return b"".join(parts)


def test_narrow_justified_columns_are_no_table() -> None:
    sentence = "an old man of the far north told us that no ship had ever come back from there"
    words = sentence.split()
    chance = random.Random(1)
    columns = [[" ".join(chance.sample(words, 4)) for _ in range(16)] for _ in range(3)]
    content = b"".join(
        justified(60 + 160 * c, 700 - 10 * i, line, 60 + 160 * c + 135)
        for c, column in enumerate(columns)
        for i, line in enumerate(column)
    )
    text = read_pdf(pdf_of_contents([stream(content)])).text
    assert "|" not in text
    assert " ".join(" ".join(column) for column in columns) == " ".join(text.split())


def test_a_box_beside_a_column_stays_in_one_piece() -> None:
    prose = [f"line {i} of the running text that stands on the left" for i in range(20)]
    box = [
        "Communities are able to",
        "aggregate what they have",
        "and give it to everybody",
        "who asks for it.",
    ]
    lines = [(60.0, 700.0 - 12 * i, line) for i, line in enumerate(prose)]
    lines += [(380.0, 640.0 - 12 * i, line) for i, line in enumerate(box)]
    text = " ".join(read_pdf(pdf_of_lines([lines])).text.split())
    assert " ".join(prose) in text
    assert " ".join(box) in text


def test_an_index_in_two_columns_is_no_table() -> None:
    left = [f"alpha entry {i}, {20 + i}" for i in range(12)]
    right = [f"omega entry {i}, {60 + i}" for i in range(12)]
    lines = [(60.0, 700.0 - 12 * i, line) for i, line in enumerate(left)]
    lines += [(320.0, 700.0 - 12 * i, line) for i, line in enumerate(right)]
    text = read_pdf(pdf_of_lines([lines])).text
    assert "|" not in text
    places = [text.index(line) for line in [*left, *right]]
    assert places == sorted(places)


def test_numbers_of_lines_are_furniture() -> None:
    prose = [f"The clerk read sentence {chr(97 + i)} of the record aloud to all" for i in range(12)]
    numbers = b"".join(text_at(40, 700 - 24 * i, str(i + 1)) for i in range(12))
    lines = b"".join(text_at(90, 700 - 24 * i, line) for i, line in enumerate(prose))
    text = read_pdf(pdf_of_contents([stream(numbers + lines)])).text
    assert " ".join(prose) == " ".join(text.split())


def test_numbers_of_a_tables_rows_stay() -> None:
    content = b"".join(
        text_at(60, 700 - 14 * i, str(i + 1))
        + text_at(120, 700 - 14 * i, f"town {chr(97 + i)}")
        + text_at(240, 700 - 14 * i, str(130 + 7 * i))
        for i in range(12)
    )
    assert "| 7 | town g | 172 |" in read_pdf(pdf_of_contents([stream(content)])).text


# --- raised figures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "script", "rise", "after", "read"), [
    ("holds 10", "6", 4, " litres", "holds 10^6 litres"),
    ("holds 10", "-6", 4, ", or less", "holds 10^-6, or less"),
    ("of 25 km", "2", 4, ", all told", "of 25 km^2, all told"),
    ("Water is H", "2", -2, "O, as is ice", "Water is H2O, as is ice"),
    ("so the chronicle says.", "12", 4, " It was", "so the chronicle says.[12] It was"),
    ("the 4", "th", 4, " of June", "the 4th of June"),
])  # fmt: skip
@pytest.mark.parametrize("apart", [False, True], ids=["one text object", "three"])
def test_raised_figures_are_never_glued(
    before: str, script: str, rise: int, after: str, read: str, apart: bool
) -> None:
    prose = text_at(60, 740, "A first line of prose in the usual print of this page stands here.")
    x = 60.0
    if apart:
        widths = {"one": sum(HELVETICA.get(c, 5.56) for c in before)}
        x_script = x + widths["one"]
        x_after = x_script + sum(HELVETICA.get(c, 5.56) for c in script) * 0.7
        line = (
            text_at(x, 726, before)
            + text_at(x_script, 726 + rise, script, 7)
            + text_at(x_after, 726, after)
        )
    else:
        line = b"BT /F1 10 Tf 60 726 Td (%s) Tj /F1 7 Tf %d Ts (%s) Tj /F1 10 Tf 0 Ts (%s) Tj ET\n" % (
            before.encode(), rise, script.encode(), after.encode(),
        )  # fmt: skip
    text = read_pdf(pdf_of_contents([stream(prose + line)])).text
    assert read in text
    assert "#" not in text


@pytest.mark.parametrize("before", ["我们在", "这台机器。"])
def test_figures_in_smaller_print_beside_chinese_are_no_subscripts(before: str) -> None:
    line = glyph_at(60, 700, before) + glyph_at(60 + 12 * len(before), 699, "1979", 10)
    line += glyph_at(60 + 12 * len(before) + 20, 700, "年回到港口的时候没有人相信船长们讲述的故事")
    text = read_pdf(pdf_of_glyphs([line])).text
    assert f"{before}1979年" in text.replace(" ", "")


HELVETICA = {
    " ": 2.78, ",": 2.78, ".": 2.78, "-": 3.33, "i": 2.22, "l": 2.22, "t": 2.78, "f": 2.78, "r": 3.33, "k": 5,
    "s": 5, "c": 5, "y": 5, "m": 8.33, "W": 9.44, "H": 7.22, "O": 7.78,
}  # fmt: skip


# --- listings ----------------------------------------------------------------------------------------


def courier_page(lines: list[bytes]) -> bytes:
    page = pdf_of_contents([stream(b"".join(lines))])
    return page.replace(
        b"<< /Font << /F1 3 0 R >> >>",
        b"<< /Font << /F1 3 0 R /F2 << /Type /Font /Subtype /Type1 /BaseFont /Courier >> >> >>",
    )


def code_at(y: float, line: str) -> bytes:
    indent = len(line) - len(line.lstrip())
    return text_at(60 + 6 * indent, y, line.lstrip()).replace(b"/F1", b"/F2")


def test_a_listing_keeps_its_lines_and_indentation() -> None:
    prose = "The following function moves a boat over the river and back again."
    lines = [text_at(60, 740, prose)]
    lines += [code_at(712 - 12 * i, line) for i, line in enumerate(LISTING.rstrip().split("\n"))]
    lines += [
        text_at(60, 650, "Call it once for each crossing, and never in winter, says the ferryman.")
    ]
    text = read_pdf(courier_page(lines)).text
    assert f"{prose}\n\n```\n{LISTING}```\n\nCall it once" in text


def test_a_typed_document_holds_no_listings() -> None:
    lines = [code_at(700 - 12 * i, f"line {i} of a letter (typed) at home") for i in range(20)]
    assert "```" not in read_pdf(courier_page(lines)).text


def test_output_beside_a_listing_does_not_cut_it() -> None:
    code = LISTING.rstrip().split("\n")
    lines = [code_at(712 - 12 * i, line) for i, line in enumerate(code)]
    lines += [
        text_at(320, y, shown) for y, shown in ((706, "crossing plank one"), (691, "and two"))
    ]
    lines += [text_at(60, 640 - 13 * i, line) for i, line in enumerate(BESIDE)]
    text = read_pdf(courier_page(lines)).text
    assert text.startswith(f"```\n{LISTING}```\n\ncrossing plank one and two")


def test_comments_behind_code_stay_on_their_lines() -> None:
    code = [
        "\\frontmatter",
        "\\include{preface}",
        "\\mainmatter",
        "\\include{ferries}",
        "\\appendix",
    ]
    remarks = ["% 前言部分", "% 前言章节", "% 正文部分", "% 第一章", "% 附录"]
    rows = list(zip(code, remarks, strict=True))
    content = b"".join(
        glyph_at(60, 700 - 16 * i, left) + glyph_at(240, 700 - 16 * i, right)
        for i, (left, right) in enumerate(rows)
    )
    lines = [left.ljust(30) + right for left, right in rows]
    assert read_pdf(pdf_of_glyphs([content])).text == "\n".join(["```", *lines, "```"])


def test_comments_behind_quotation_marks_stay_on_their_lines() -> None:
    code = ["colorscheme murphy", "set backspace=indent", "set laststatus=2", "syntax enable"]
    remarks = ['" from the folder', '" Back space', '" Always show', '" Syntax highlight']
    rows = list(zip(code, remarks, strict=True))
    content = b"".join(
        glyph_at(60, 700 - 16 * i, left) + glyph_at(240, 700 - 16 * i, right)
        for i, (left, right) in enumerate(rows)
    )
    prose = columns_of(VERTICAL * 4, 36)
    content += b"".join(glyph_at(60, 600 - 16 * i, line) for i, line in enumerate(prose))
    text = read_pdf(pdf_of_glyphs([content])).text
    for left, right in rows:
        assert re.search(rf"^{left} +{right}$", text, re.MULTILINE), text


def test_names_of_one_word_make_a_listing_where_they_have_signs() -> None:
    paths = ["dists/stable/main/", "dists/stable/contrib/", "dists/stable/non-free/"]
    prose = text_at(
        60, 740, "The following folders hold what the ferrymen of the river have written."
    )
    lines = [code_at(712 - 12 * i, line) for i, line in enumerate(paths)]
    assert "\n".join(["```", *paths, "```"]) in read_pdf(courier_page([prose, *lines])).text
    names = ["    SALPCT", "B2SALARY", " B3CRSAL"]
    lines = [code_at(712 - 12 * i, line) for i, line in enumerate(names)]
    assert "```" not in read_pdf(courier_page([prose, *lines])).text


def test_chinese_prose_that_begins_with_a_command_is_no_listing() -> None:
    lines = [
        "apt(8)全屏交互模式下软件包列表里的软件包会像下面的例子那样显示出来",
        "\\usepackage命令调用宏包还会进行文档的全局设置而不会影响别的部分",
    ]
    content = b"".join(glyph_at(60, 700 - 16 * i, line) for i, line in enumerate(lines))
    assert "```" not in read_pdf(pdf_of_glyphs([content])).text


def test_terms_and_their_descriptions_are_no_listing() -> None:
    terms = ["$fullname", "$basename", "$suffix", "$folder"]
    prose = text_at(
        60, 740, "The following words are replaced before the command is given to the shell."
    )
    rows = b"".join(
        code_at(700 - 14 * i, term)
        + text_at(160, 700 - 14 * i, f"the {term[1:]} of your root document")
        for i, term in enumerate(terms)
    )
    assert "```" not in read_pdf(courier_page([prose, rows])).text


# --- hyphens -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("elsewhere", "upper", "lower", "read"), [
    ("a well-known ferry and a well-kept quay", "it was a well-", "known place", "a well-known place"),
    ("a cloud-based and a rule-based one", "it was a hearsay-", "based place", "a hearsay-based place"),
    ("an international court of nations", "it was an inter-", "national place", "an international place"),
    ("nothing to say about that", "it was a com-", "mon place", "a common place"),
    ("real-time data, and the realtime clock", "it was a real-", "time place", "a realtime place"),
    ("Ostsee", "zwischen Nord-", "und Ostsee", "zwischen Nord- und Ostsee"),
    ("nothing to say about that", "there were thous-", "and more", "there were thousand more"),
    ("nothing to say about that", "in the years 1848-", "1851 there", "the years 1848-1851 there"),
])  # fmt: skip
def test_a_hyphen_at_a_line_end_stays_where_the_document_writes_it(
    elsewhere: str, upper: str, lower: str, read: str
) -> None:
    lines = [(72.0, 740.0, elsewhere), (72.0, 700.0, upper), (72.0, 688.0, lower)]
    assert read in read_pdf(pdf_of_lines([lines])).text


@pytest.mark.slow
@pytest.mark.real_data
def test_few_pages_lose_against_the_files_order(shared_data: Path) -> None:
    from bench.extraction.pdf_order import compare

    paths = sorted((shared_data / "pdf").rglob("*.pdf"))
    pages = [page.counts() for path in paths for page in compare(path.read_bytes())]
    assert len(pages) == 1468
    prose, broken = (sum(page[key] for page in pages) for key in ("prose", "broken prose"))
    tables, cut = (sum(page[key] for page in pages) for key in ("tables", "broken tables"))
    assert broken <= 0.002 * prose  # (0.0013)
    assert broken + cut <= 0.0045 * (prose + tables)  # (0.0036)
    assert sum(page["broken prose"] > 0.02 * page["prose"] for page in pages) <= 40  # (32)


@pytest.mark.real_data
def test_no_page_of_the_papers_loses_against_the_files_order(shared_data: Path) -> None:
    from bench.extraction.pdf_order import compare

    pages = compare((shared_data / "pdf/two_column/sample-sigconf.pdf").read_bytes())
    prose = sum(not in_table for page in pages for _, in_table in page.runs)
    broken = sum(not in_table for page in pages for _, in_table in page.broken)
    assert broken <= 0.01 * prose  # (0.0012)


def test_rows_of_a_table_are_no_columns() -> None:
    rows = [
        ("letterpaper, a4paper", "the size of the paper, letter at first"),
        ("notitlepage, titlepage", "whether a page follows the title"),
        ("onecolumn, twocolumn", "how many columns there are, one at first"),
        ("oneside, twoside sheets", "which sides are printed on"),
        ("openany, openright pages", "where a chapter begins, in a book on the right"),
        ("draft and final printing", "whether overfull lines are marked in black"),
        ("landscape or portrait", "in which direction the paper is turned"),
    ]
    content = b"".join(
        text_at(60, 700 - 13 * i, left) + text_at(210, 700 - 13 * i, right)
        for i, (left, right) in enumerate(rows)
    )
    text = read_pdf(pdf_of_contents([stream(content)])).text
    for left, right in rows:
        assert re.search(rf"{left}[ |]+{right}", text), text


# --- readings ----------------------------------------------------------------------------------------

READ_LINES: list[list[tuple[str, str]]] = [
    [("渡", "わた"), ("し", ""), ("船", "ぶね"), ("は", ""), ("朝六時", "あさろくじ"), ("に出て、", "")],
    [("市", "いち"), ("の日には", "")],
    [("荷車", "にぐるま"), ("の列が古い", ""), ("礼拝堂", "れいはいどう"), ("の先まで続きます。", "")],
]  # fmt: skip
READ_TEXT = "".join(base for line in READ_LINES for base, _ in line)


def line_with_readings(
    y: float, line: list[tuple[str, str]], rise: float
) -> list[tuple[str, bytes]]:
    parts, x = [], 60.0
    for base, reading in line:
        parts.append(("base", glyph_at(x, y, base)))
        if reading:
            middle = x + 6 * len(base) - 3 * len(reading)
            parts.append(("reading", glyph_at(middle, y + rise, reading, 6)))
        x += 12 * len(base)
    return parts


@pytest.mark.parametrize("rise", [9, 11, 12], ids=["low", "close", "high"])
@pytest.mark.parametrize("written", ["among the words", "behind each line", "before all"])
def test_readings_above_words_are_left_out(written: str, rise: float) -> None:
    lines = [line_with_readings(700 - 26 * i, line, rise) for i, line in enumerate(READ_LINES)]
    if written == "behind each line":
        lines = [sorted(line, key=lambda part: part[0]) for line in lines]
    parts = [part for line in lines for part in line]
    if written == "before all":
        parts.sort(key=lambda part: part[0] == "base")
    content = b"".join(glyphs for _, glyphs in parts)
    assert read_pdf(pdf_of_glyphs([content])).text == READ_TEXT


def test_readings_beside_lines_from_top_to_bottom_are_left_out() -> None:
    content, x = b"", 560.0
    for line in READ_LINES:
        y = 740.0
        for base, reading in line:
            content += b"".join(glyph_at(x, y - 12 * j, c) for j, c in enumerate(base))
            top = y + 6 - 6 * len(base) + 3 * len(reading) - 6
            content += b"".join(glyph_at(x + 13, top - 6 * j, c, 6) for j, c in enumerate(reading))
            y -= 12 * len(base)
        x -= 28
    assert read_pdf(pdf_of_glyphs([content])).text == READ_TEXT


def test_pinyin_is_a_reading_and_small_english_above_chinese_is_none() -> None:
    line = glyph_at(60, 700, "那年秋天船队回到港口的时候没有人相信船长们讲述的故事")
    pinyin = glyph_at(61, 713, "nà", 6) + glyph_at(73, 713, "nián", 5)
    assert read_pdf(pdf_of_glyphs([pinyin + line])).text.startswith("那年秋天")
    label = glyph_at(60, 713, "harbour stories", 6)
    assert "harbour stories" in read_pdf(pdf_of_glyphs([label + line])).text


def test_small_kana_by_themselves_stay() -> None:
    content = glyph_at(60, 700, "渡し船は朝六時に出て、市の日には荷車の列が続きます。")
    content += glyph_at(60, 660, "ふねのうた", 6)
    assert "ふねのうた" in read_pdf(pdf_of_glyphs([content])).text
