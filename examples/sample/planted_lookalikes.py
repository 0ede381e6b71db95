"""Good documents that resemble something a rule drops, and pages in old character sets."""

from __future__ import annotations

from html import escape

from examples.sample.page_templates import fill, paragraphs_html, plain_page
from examples.sample.planting import (
    home_page,
    html_file,
    jsonl_text,
    middle_sentence,
    plain_file,
    warc_page,
)
from examples.sample.prose import Prose, find_prose
from examples.sample.sample_document import KEPT, Expectation, SampleDocument

LOOKALIKE_PAGES = (
    ("interview", "en", "https://lamplight.example/talks/piano-tuner"),
    ("poem", "en", "https://lamplight.example/verse/what-the-river-keeps"),
    ("medical", "en", "https://harrow-clinic.example/services/first-visit"),
    ("interview-zh", "zh", "https://banmu-shuwu.example/fangtan/guji"),
    ("poem-zh", "zh", "https://banmu-shuwu.example/shi/shanju"),
    ("medical-zh", "zh", "https://shequ-yiyuan.example/jiankang/ruxian"),
)

RECIPE_INGREDIENTS = (
    "500 grams of strong white flour, and a little more for the board",
    "10 grams of fine salt, which is two level teaspoons",
    "7 grams of dried yeast or twice as much of the fresh kind",
    "320 millilitres of water that feels neither warm nor cold",
    "2 tablespoons of olive oil, with another spoonful for the tin",
    "1 handful of walnuts, roughly broken and toasted",
)
RECIPE_STEPS = (
    "Stir the yeast into the water and wait until it begins to smell of beer.",
    "Mix the flour and the salt in your largest bowl, make a well, and pour in the water and oil.",
    "Bring it together with a spoon first and then by hand, and tip it out on the board.",
    "Knead for ten minutes by the clock. The dough is ready when it springs back from a finger.",
    "Cover the bowl with a plate and leave it until it has doubled, which takes about an hour.",
    "Fold in the walnuts, shape the dough into a ball, and let it rise again under a cloth.",
    "Bake at 220 degrees for 35 minutes. It is done if it sounds hollow when you knock below.",
)

CODE_BEFORE = (
    "A gauge that tips a small bucket for every fifth of a millimetre of rain gives you nothing "
    "but a row of times. To turn them into hourly sums you need hardly more than a dictionary. "
    "The program below reads one time stamp a line and prints a line for each hour in which the "
    "bucket has tipped. It has run on the chapel roof since the spring without being restarted."
)
CODE = """from collections import Counter
from sys import stdin

MILLIMETRES_PER_TIP = 0.2


def hour_of(stamp: str) -> str:
    return stamp[:13]


def main() -> None:
    tips = Counter(hour_of(line) for line in stdin if line.strip())
    for hour, count in sorted(tips.items()):
        print(hour, round(count * MILLIMETRES_PER_TIP, 1))


if __name__ == "__main__":
    main()
"""
CODE_AFTER = (
    "Note that the hour is cut from the text of the stamp and not computed. That is only safe as "
    "long as the clock of the station keeps to one time zone through the year, which ours does, "
    "because nobody could reach the switch. If a spider moves into the funnel the sums become "
    "too small, and no amount of programming will tell you so; go up and look."
)

CODE_REMARKS = (
    "People ask why we do not buy a proper logger, which would do all of this by itself. We had "
    "one. It was a grey box with a plug that nobody made any longer, and when it stopped there "
    "was no way to find out what it had been thinking. A page of text that anybody can read is "
    "slower to write and a good deal easier to mend, and the curate, who had never seen a "
    "program before, found a mistake in the first version within five minutes.",
    "If you want the sums of a day instead of an hour, let the function return the first ten "
    "letters of the stamp and not the first thirteen. For a month take seven. It would be easy "
    "to make that a choice on the command line, but then somebody would have to explain it at "
    "the door of the tower, and it is cold up there.",
)

TABLE_BEFORE = (
    "The allotment association weighs every pumpkin that is brought to the autumn fair and has "
    "kept the figures since the first year. The table gives the winner of each year, the weight "
    "of the heaviest fruit, and what the weather was like in July, since the growers believe "
    "that nothing else matters."
)
TABLE_ROWS = (
    ("Year", "Winner", "Weight in kilograms", "Weather in July"),
    ("2012", "Harald Moss", "31.5", "wet and cool"),
    ("2013", "Esther Quill", "48.0", "hot, with storms"),
    ("2014", "Esther Quill", "52.5", "hot and dry until the 20th"),
    ("2015", "Obi Farrell", "44.0", "cloudy, a late frost in May"),
    ("2016", "the primary school", "61.0", "warm rain every third night"),
    ("2017", "Harald Moss", "58.5", "dull for the whole month"),
    ("2018", "Obi Farrell", "39.0", "no rain for seven weeks"),
    ("2019", "Esther Quill", "66.5", "mild and even"),
)
TABLE_AFTER = (
    "Opinions differ about the year 2016, when the school was found to have watered its plant "
    "with diluted milk. The rules did not forbid it, and they do now. In 2018 the committee "
    "allowed bath water to be used, and several members were seen to bathe more often than "
    "before."
)

MARKDOWN_NOTE = """# Notes on keeping a rain barrel

A barrel under the gutter fills faster than you expect: ten square metres of roof and a shower
of five millimetres bring fifty litres. Put it on bricks, so that a can fits below the tap, and
give it a lid, because gnats, leaves and small children are all drawn to open water.

## What I would do again

- A second barrel, joined to the first by a length of garden hose near the bottom.
- A piece of old tights over the inlet, which catches moss and can be thrown away in autumn.
- Black paint on the outside; light turns the water green within three weeks.

## What I would not

I would not drink it, nor use it on lettuce that is to be eaten the same day, since birds sit on
the ridge and think nothing of it. Nor would I leave it full in January. Ours burst on the
coldest night of the year with a sound like a door being slammed, and in the morning there stood
a barrel of ice in the yard with nothing around it, quite perfect, hoops and all.
"""

TEXT_NOTE = """Dear Josephine,

you asked how the harmonium came to be in the bus shelter, and since three versions of it are
going about I had better give you the fourth, which is what happened.

It was to be moved from the chapel to the school on the Tuesday. Four of us can lift it if the
fourth is Norman, but Norman had put out his shoulder over the gate, and by the time we reached
the corner it had begun to rain in earnest. An instrument with leather lungs must not get wet. So
we set it down under the only roof between the two places and went to fetch a tarpaulin.

When we came back there were eleven people waiting for the bus, and Miss Appleyard was playing
"The Day Thou Gavest" with all the stops out. The driver switched off his engine. I am told that
the quarter past five left at ten to six, and that nobody made a complaint, although one
gentleman did ask if it would be there on Wednesdays too.

It has stayed because no one will hear of its being carried off. The parish has put up a curtain
against the spray. Come and hear it before the frost.

Your affectionate cousin
Wilfred
"""


def lookalike_documents() -> list[SampleDocument]:
    """Return the look-alikes, all of which have to be kept."""
    pages = [
        home_page(prose, url, _kept(prose.slug.removesuffix("-zh"), middle_sentence(prose)))
        for slug, language, url in LOOKALIKE_PAGES
        for prose in [find_prose("lookalikes", language, slug)]
    ]
    return [*pages, _recipe(), _code_page(), _table_page(), *_plain_texts(), *_questions()]


def _kept(case: str, *contains: str) -> Expectation:
    return Expectation(f"{case}_lookalike", KEPT, contains=contains)


def _recipe() -> SampleDocument:
    url = "https://fettle.example/recipes/walnut-loaf"
    introduction = (
        "This is the loaf I make when people are coming and I have not had time to think. It "
        "needs no starter and no machine, and it is better on the second day than on the first."
    )
    ingredients = "".join(f"<li>{escape(item)}</li>" for item in RECIPE_INGREDIENTS)
    steps = "".join(f"<li>{escape(step)}</li>" for step in RECIPE_STEPS)
    body = (
        f"<p>{introduction}</p><h2>You will need</h2><ul>{ingredients}</ul>"
        f"<h2>Method</h2><ol>{steps}</ol>"
    )
    html = fill("fettle", title="Plain walnut loaf", url=url, related="", body=body)
    expectation = _kept("recipe", "320 millilitres of water", "Knead for ten minutes by the clock")
    return warc_page(url, html, "en", expectation)


def _code_page() -> SampleDocument:
    url = "https://chapel-weather.example/notes/hourly-rain"
    body = f"<p>{CODE_BEFORE}</p>\n<pre><code>{escape(CODE)}</code></pre>\n<p>{CODE_AFTER}</p>"
    body += paragraphs_html(CODE_REMARKS)
    expectation = _kept("code", "MILLIMETRES_PER_TIP = 0.2", "go up and look")
    return html_file(
        url, plain_page("Hourly rain from a tipping bucket", url, body), "en", expectation
    )


def _table_page() -> SampleDocument:
    url = "https://allotments.example/fair/pumpkins"
    head = "".join(f"<th>{escape(cell)}</th>" for cell in TABLE_ROWS[0])
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n"
        for row in TABLE_ROWS[1:]
    )
    body = f"<p>{TABLE_BEFORE}</p>\n<table><tr>{head}</tr>\n{rows}</table>\n<p>{TABLE_AFTER}</p>"
    expectation = _kept("table", "the primary school", "Opinions differ about the year 2016")
    return html_file(url, plain_page("The heaviest pumpkins", url, body), "en", expectation)


def _plain_texts() -> list[SampleDocument]:
    return [
        plain_file(
            "text/rain-barrel.md",
            MARKDOWN_NOTE.encode(),
            "text",
            "en",
            Expectation("markdown_file", KEPT, contains=("black paint".capitalize(),)),
        ),
        plain_file(
            "text/letter-to-josephine.txt",
            TEXT_NOTE.encode(),
            "text",
            "en",
            Expectation("text_file", KEPT, contains=("leather lungs",)),
        ),
    ]


def _questions() -> list[SampleDocument]:
    """Pages that carry a question in the style of a benchmark; decontamination is to find them."""
    english = find_prose("noise", "en", "benchmark-question")
    chinese = find_prose("noise", "zh", "benchmark-question-zh")
    return [
        home_page(
            english,
            "https://lamplight.example/quiz/science-round",
            Expectation(
                "benchmark_question",
                KEPT,
                contains=("She drops one spoon of blue dye",),
                demo_reasons=("benchmark_item",),
            ),
        ),
        jsonl_text(
            "https://shequ-yexiao.example/xuanzeti",
            chinese.text,
            "zh",
            Expectation(
                "benchmark_question",
                KEPT,
                contains=("金属传导热量的能力比木头强",),
                demo_reasons=("benchmark_item",),
            ),
        ),
    ]


def encoded_pages() -> list[SampleDocument]:
    """Return a page each in GBK (declared gb2312), Big5 and Shift-JIS."""
    return [
        _encoded("gbk-page", "zh", "gbk", "gb2312", "https://shenghuo-zhishi.example/gb/shouyinji"),
        _encoded("big5-page", "zh", "big5", "big5", "https://xiangkou.example/big5/xiyidian"),
        _encoded(
            "shift-jis-page", "ja", "shift_jis", "Shift_JIS", "https://engawa.example/sj/engawa"
        ),
    ]


def _encoded(slug: str, language: str, codec: str, declared: str, url: str) -> SampleDocument:
    prose: Prose = find_prose("noise", language, slug)
    html = fill(
        "encoded",
        title=prose.title,
        url=url,
        charset=declared,
        body=paragraphs_html(prose.paragraphs),
    )
    expectation = Expectation(f"{codec}_page", KEPT, contains=(middle_sentence(prose),))
    return html_file(url, html.encode(codec), language, expectation)
