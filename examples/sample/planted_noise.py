"""Planted noise: chats, keyword lists, loops, shuffled and mis-decoded text, symbols, shouting."""

from __future__ import annotations

import random
from html import escape

from examples.sample.page_templates import plain_page
from examples.sample.planting import home_page, html_file, jsonl_text, parquet_text, warc_page
from examples.sample.prose import find_prose, load_prose
from examples.sample.sample_document import DROPPED, Expectation, SampleDocument

CHAT_REASONS = ("short_lines", "chat_log")
LIST_REASONS = ("few_stop_words", "special_characters", "perplexity_tail", "perplexity_outlier")
LOOP_REASONS = ("repeated_5grams", "word_repetition", "duplicate_lines", "too_few_words")
SCRAMBLE_REASONS = (
    "perplexity_tail",
    "perplexity_outlier",
    "few_stop_words",
    "mean_word_length",
)
MOJIBAKE_REASONS = (
    "mojibake",
    "replacement_characters",
    "special_characters",
    "few_stop_words",
    "mean_word_length",
    "perplexity_tail",
    "perplexity_outlier",
)
# Seed of every shuffle; any number does, it only must not change.
SEED = 20240229

PHRASE = "best price guaranteed call now"
PHRASE_ZH = "点击领取优惠券，"


def noise_documents() -> list[SampleDocument]:
    """Return all documents that must leave for the look of their text."""
    return [
        *_chats(),
        *_keyword_lists(),
        *_loops(),
        *_scrambled(),
        *_mis_decoded(),
        *_shouting(),
        *_symbols(),
        *_long_words(),
        *_too_short(),
    ]


def _dropped(case: str, *reasons: str) -> Expectation:
    return Expectation(case, DROPPED, reasons)


def _chats() -> list[SampleDocument]:
    documents = []
    for chat in load_prose("chats", "en"):
        language = "zh" if chat.slug.endswith("-zh") else "en"
        lines = chat.paragraphs[0]
        expectation = _dropped(chat.slug.removesuffix("-zh").replace("-", "_"), *CHAT_REASONS)
        url = f"https://logs.corner-room.example/{chat.slug}"
        documents.append(jsonl_text(url, lines, language, expectation))
    stamped = find_prose("chats", "en", "chat-stamped").paragraphs[0]
    page_lines = stamped.replace("20:", "21:").replace("hob", "ada").replace("tess", "jun")
    body = "".join(f"<p>{escape(line)}</p>\n" for line in page_lines.splitlines())
    url = "https://logs.corner-room.example/page/channel"
    page = plain_page("channel archive 2009-02-12", url, body)
    # The two logs share most of their lines, so either reason is a right one.
    reasons = (*CHAT_REASONS, "near_duplicate")
    documents.append(html_file(url, page, "en", _dropped("chat_stamped", *reasons)))
    return documents


def _keyword_lists() -> list[SampleDocument]:
    return [
        home_page(
            find_prose("noise", "en", "keyword-spam"),
            "https://cheap-garden-deals.example/all/keywords",
            _dropped("keyword_spam", *LIST_REASONS),
        ),
        jsonl_text(
            "https://tongcheng-fuwu.example/dianhua",
            find_prose("noise", "zh", "keyword-spam-zh").paragraphs[0],
            "zh",
            _dropped("keyword_spam", *LIST_REASONS),
        ),
    ]


def _loops() -> list[SampleDocument]:
    english = f"<p>{' '.join([PHRASE] * 300)}</p>"
    url = "https://best-price-now.example/offer/loop"
    chinese_url = "https://youhui-quan.example/lingqu"
    lines = [
        "Your session has expired, please return to the start page and try again.",
        "The requested item could not be loaded because the service did not answer.",
    ] * 30
    return [
        html_file(
            url,
            plain_page("Best price", url, english),
            "en",
            _dropped("one_phrase_page", *LOOP_REASONS),
        ),
        jsonl_text(chinese_url, PHRASE_ZH * 200, "zh", _dropped("one_phrase_page", *LOOP_REASONS)),
        parquet_text(
            "https://kiosk-status.example/screen/7",
            "\n".join(lines),
            "en",
            _dropped("duplicate_lines", *LOOP_REASONS),
        ),
    ]


def _scrambled() -> list[SampleDocument]:
    """Texts that stand in the crawl in no other form, or a model would know their words."""
    generator = random.Random(SEED)
    english = find_prose("shuffled", "en", "source-en").paragraphs
    chinese = find_prose("shuffled", "zh", "source-zh").paragraphs
    letters = find_prose("copies", "en", "exact-copy").paragraphs
    return [
        jsonl_text(
            "https://glitch-archive.example/letters",
            "\n".join(_shuffled_letters(generator, text) for text in letters),
            "en",
            _dropped("shuffled_letters", *SCRAMBLE_REASONS),
        ),
        jsonl_text(
            "https://glitch-archive.example/words",
            _shuffled(generator, " ".join(english).split(), " "),
            "en",
            _dropped("shuffled_words", "perplexity_tail", "perplexity_outlier"),
        ),
        parquet_text(
            "https://glitch-archive.example/zi",
            _shuffled(generator, list("".join(chinese)), ""),
            "zh",
            _dropped("shuffled_characters", *SCRAMBLE_REASONS),
        ),
    ]


def _shuffled(generator: random.Random, parts: list[str], joint: str) -> str:
    generator.shuffle(parts)
    return joint.join(parts)


def _shuffled_letters(generator: random.Random, text: str) -> str:
    return " ".join(_shuffled(generator, list(word), "") for word in text.split())


def _mis_decoded() -> list[SampleDocument]:
    chinese = find_prose("noise", "zh", "gbk-page")
    french = find_prose("noise", "fr", "lost-letters-fr")
    german = find_prose("noise", "de", "mojibake-de")
    expectation = _dropped("mojibake", *MOJIBAKE_REASONS)
    url = "https://alte-kopien.example/kommode"
    broken = "".join(f"<p>{escape(_misread(text))}</p>" for text in german.paragraphs)
    lost = "\n".join(_with_lost_characters(text) for text in french.paragraphs)
    return [
        jsonl_text(
            "https://old-copies.example/shouyinji",
            _misread(chinese.text),
            "zh",
            expectation,
        ),
        html_file(url, plain_page("Kommode", url, broken, "de"), "de", expectation),
        parquet_text(
            "https://old-copies.example/carnet",
            lost,
            "fr",
            _dropped("replacement_characters", *MOJIBAKE_REASONS),
        ),
    ]


def _misread(text: str) -> str:
    """Return what one sees when UTF-8 is taken for Latin-1 and saved again."""
    return text.encode().decode("latin-1")


def _with_lost_characters(text: str) -> str:
    """Return a text whose accented letters were replaced by U+FFFD."""
    return "".join(letter if letter.isascii() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _shouting() -> list[SampleDocument]:
    url = "https://you-wont-believe.example/cupboard"
    clickbait = find_prose("noise", "en", "clickbait")
    teasers = find_prose("noise", "en", "ellipsis-lines")
    lines = teasers.paragraphs[0].splitlines()
    body = "".join(f"<p>{escape(line)}</p>\n" for line in clickbait.paragraphs[0].splitlines())
    shout = _dropped(
        "clickbait", "all_caps", "few_stop_words", "special_characters", "ellipsis_lines"
    )
    return [
        html_file(url, plain_page(clickbait.title, url, body), "en", shout),
        jsonl_text(
            "https://you-wont-believe.example/teasers",
            "\n".join(lines),
            "en",
            _dropped("ellipsis_lines", "ellipsis_lines"),
        ),
    ]


def _symbols() -> list[SampleDocument]:
    generator = random.Random(SEED)
    frames = ["=-" * 20 + "=", "*~" * 18 + "*", "#" * 30, "<>" * 15, "|_" * 17 + "|", "^v" * 16]
    rows = []
    for number in range(60):
        frame = generator.choice(frames)
        rows.append(f"{frame} welcome {number} {frame[::-1]} ((( :-) ))) {'$%&@!'[number % 5] * 9}")
    prices = [
        f"{number:03d} | {number * 37 % 991}.{number % 100:02d} | +{number % 13} % | -- | {number}/7"
        for number in range(80)
    ]
    return [
        jsonl_text(
            "https://ascii-borders.example/gallery",
            "\n".join(rows),
            "en",
            _dropped(
                "symbols",
                "special_characters",
                "few_stop_words",
                "word_repetition",
                "repeated_5grams",
                "short_lines",
                "duplicate_lines",
            ),
        ),
        parquet_text(
            "https://ticker-dump.example/prices",
            "\n".join(prices),
            "en",
            # Lines of digits only are cut before the rules look: little is left.
            _dropped(
                "symbols", "special_characters", "few_stop_words", "short_lines", "too_few_words"
            ),
        ),
    ]


def _long_words() -> list[SampleDocument]:
    generator = random.Random(SEED)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    blob = "".join(generator.choice(alphabet) for _ in range(3_000))
    sentence = "Please copy the whole of the licence key below into the box and do not change it."
    url = "https://licence-keys.example/show/blob"
    page = plain_page("Your key", url, f"<p>{sentence}</p>\n<p>{blob}</p>")
    expectation = _dropped("long_word", "long_word", "too_few_words", "mean_word_length")
    return [
        jsonl_text("https://licence-keys.example/raw", f"{sentence}\n{blob}", "en", expectation),
        warc_page(url, page, "en", expectation),
    ]


def _too_short() -> list[SampleDocument]:
    text = "Mrs Abara has moved to the shop next door. Please ring twice."
    return [
        jsonl_text(
            "https://shop-notes.example/door", text, "en", _dropped("too_short", "too_few_words")
        ),
        jsonl_text(
            "https://xiaodian.example/gonggao",
            "本店搬到隔壁，请按两下门铃。",
            "zh",
            _dropped("too_short", "too_few_words"),
        ),
    ]
