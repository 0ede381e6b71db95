"""The page: whole, offline, safe against what documents contain, usable without eyes or mouse."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from html.parser import HTMLParser
from importlib import resources

import pytest

from jobs.dedup import DedupSettings
from jobs.recipes.rules import AbsentRule
from jobs.report.duplicate_audit import summarise
from jobs.report.grade_facts import GradedLanguage
from jobs.report.page import breakable, render_page
from jobs.report.report_model import (
    Cluster,
    DroppedExample,
    DuplicateFacts,
    FormatFlow,
    Histogram,
    LanguageFlow,
    Limits,
    MovableBound,
    OtherSources,
    QuarantineExample,
    RecipeFacts,
    Report,
    RuleFacts,
    SizeClass,
    SourceFlow,
    SourceLoss,
    SourcePair,
    StageFacts,
    Threshold,
    Totals,
    Volume,
)
from jobs.report.safety_model import AlarmedSource, AlarmExample, SafetyFacts
from tests.jobs.finished_run import HOSTILE_TEXT, HOSTILE_URL

VOID = {"meta", "br", "wbr", "rect", "line", "link", "img", "input", "hr"}
NOTHING = {"documents_in": 0, "kept": 0, "dropped": 0, "quarantined": 0}
NO_AUDIT = summarise(DedupSettings(), [], 0, None, 0.0)


def _empty_report() -> Report:
    return Report(
        created_at="2026-03-01T12:30:00+00:00",
        totals=Totals(**NOTHING),
        stages=[],
        volume=Volume(
            bytes_in=0, characters_in=0, text_bytes_in=0, characters_out=0, text_bytes_out=0,
            estimated_tokens_out=0,
        ),
        reasons={}, quarantine_statuses={},
        recipe=RecipeFacts(name="empty", description="Nothing.", settings={}),
        rules=[], never_fired=[], absent_rules=[], languages={}, formats={}, sources=[],
        other_sources=OtherSources(sources=0, **NOTHING), histograms={},
        duplicates=DuplicateFacts(exact=0, near=0, clusters=0, cluster_size_histogram=[], largest=[],
                                  sources=[], alarms=[], source_pairs=[], audit=NO_AUDIT),
        perplexity={}, cleaning={}, examples={}, quarantine_examples={}, versions={}, fingerprints={},
    )  # fmt: skip


def _hostile_report() -> Report:
    """Return a report in which every string that a document or user can choose is hostile."""
    text = HOSTILE_TEXT
    flow = {"documents_in": 1, "kept": 0, "dropped": 1}
    loss = SourceLoss(source=text, documents=20, removed=19, share=0.95, alarm=True)
    line = Threshold(reason=text, action="drop", side="max", language=text, value=0.5)
    return _empty_report().model_copy(update={
        "totals": Totals(documents_in=2, kept=0, dropped=1, quarantined=1),
        "stages": [StageFacts(stage=text, dataset=text, rows_in=1, rows_out=1, rows_dropped=0,
                              rows_quarantined=0, seconds=1.0, bytes=1, rows_per_second=1.0,
                              carries_documents=True)],
        "reasons": {text: 1},
        "quarantine_statuses": {text: 1},
        "recipe": RecipeFacts(name=text, description=text, settings={text: {text: text}}),
        "rules": [RuleFacts(reason=text, signal=text, action="drop", asked=None,
                            default=Limits(max=1), languages={text: None}, when=(), source=text,
                            first_hits=1, hits=1, never_fired=False,
                            movable=[MovableBound(side="max", now=1, places=[0.0, 0.5, 1.0],
                                                  failing=[1, 1, 0])])],
        "never_fired": [text],
        "absent_rules": [AbsentRule(reason=text, signal=text, why=text)],
        "languages": {text: LanguageFlow(**flow, characters_kept=0, estimated_tokens_kept=0)},
        "formats": {text: FormatFlow(**flow, quarantined=0)},
        "sources": [SourceFlow(source=text, **flow, quarantined=0)],
        "histograms": {text: Histogram(
            scale="linear", edges=[0.0, 1.0], counts=[1], zeros=0, documents=1, without_value=0,
            minimum=0, maximum=1, thresholds=[line])},
        "duplicates": DuplicateFacts(
            exact=1, near=0, clusters=1,
            cluster_size_histogram=[SizeClass(smallest=2, largest=2, clusters=1)],
            largest=[Cluster(keeper_id=1, size=2, url=HOSTILE_URL, sample=text)],
            sources=[loss], alarms=[loss],
            source_pairs=[SourcePair(source=text, keeper_source=text + "2", removed=1)],
            audit=NO_AUDIT.model_copy(update={"note": text})),
        "graded": {text: GradedLanguage(documents=2, without_grade=1, known=False)},
        "safety": SafetyFacts(
            found_by={text: 1},
            sources=[AlarmedSource(source=text, documents=1, both=1, keywords=0, model=0, left=1)],
            examples={text: [AlarmExample(
                id=3, url=HOSTILE_URL, source=text, source_id=text, language=text, keyword_hits=1,
                hit_density=0.1, model_score=0.9, reason=text, text=text)]}),
        "examples": {text: [DroppedExample(
            id=1, url=HOSTILE_URL, source=text, language='zh" onmouseover="alert(3)', signal=text,
            value=1.0, threshold=0.5, keeper_id=None, similarity=None, text=text)]},
        "quarantine_examples": {text: [QuarantineExample(
            id=2, url=None, source=text, stage=text, detail=text)]},
        "versions": {text: text},
        "fingerprints": {text: text},
    })  # fmt: skip


class Page(HTMLParser):
    """Collects what the tests ask about, and fails on elements that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module", params=["empty", "hostile"])
def html(request) -> str:
    report = {"empty": _empty_report, "hostile": _hostile_report}[request.param]()
    return render_page(report)


def test_page_is_one_file_without_network_or_handlers(html):
    page = Page(html)
    assert {tag for tag, _ in page.elements}.isdisjoint(
        {"img", "iframe", "link", "object", "base", "b"}
    )
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
        assert "src" not in attributes
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    assert "url(" not in style
    assert "@import" not in style


def test_the_only_script_is_ours_and_browsers_run_no_other(html):
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert script == resources.files("jobs.report").joinpath("report.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(meta["content"] for meta in Page(html).all("meta") if "content" in meta
                  and "default-src" in meta["content"])  # fmt: skip
    assert policy.split("; ")[:3] == [
        "default-src 'none'", "style-src 'unsafe-inline'", f"script-src 'sha256-{digest}'",
    ]  # fmt: skip


def test_every_slider_has_a_name_a_mark_and_its_counts(html):
    page = Page(html)
    forms, sliders = page.all("form"), page.all("input")
    assert len(forms) == len(sliders) == len(page.all("output"))
    named = {label["for"] for label in page.all("label")}
    lines = {line.get("id") for line in page.all("line")}
    for form, slider in zip(forms, sliders, strict=True):
        assert slider["id"] in named
        assert form["data-line"] in lines
        bound = json.loads(form["data-bound"])
        assert len(bound["places"]) == len(bound["failing"]) == int(slider["max"]) + 1
        assert len(form["data-positions"].split()) == len(bound["places"])
        assert bound["now"] == int(slider["value"])


def test_hostile_text_is_shown_as_text(html):
    assert html.count("<script") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", html)


def test_hostile_text_stays_readable():
    page = Page(render_page(_hostile_report()))
    shown = "</blockquote><script>alert('x')</script>␀␇ abc[U+202E]dcba [U+2066]hidden[U+2069]"
    assert page.text.count(shown) >= 20
    assert HOSTILE_URL in page.text


def test_ids_are_unique_and_links_lead_somewhere(html):
    page = Page(html)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [attributes["href"][1:] for attributes in page.all("a")]
    targets += [
        target
        for _, attributes in page.elements
        for target in (attributes.get("aria-labelledby") or "").split()
    ]
    assert targets
    assert set(targets) <= set(ids)


def test_structure_serves_screen_readers(html):
    page = Page(html)
    assert page.all("html")[0]["lang"] == "en"
    assert [len(page.all(tag)) for tag in ("main", "nav", "header", "footer", "h1")] == [1] * 5
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(attributes.get("scope") in ("col", "row") for attributes in page.all("th"))
    assert len(page.all("svg")) == len(page.all("desc"))
    assert all(attributes["role"] == "img" for attributes in page.all("svg"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    steps = [later - former for former, later in itertools.pairwise(levels)]
    assert max(steps) <= 1


def test_language_of_an_example_cannot_break_out_of_its_attribute():
    page = Page(render_page(_hostile_report()))
    assert [
        attributes["lang"] for attributes in page.all("blockquote") if "lang" in attributes
    ] == ["", ""]


def test_page_says_what_was_not_judged():
    report = _empty_report().model_copy(
        update={
            "absent_rules": [
                AbsentRule(reason="low_grade", signal="quality.grade", why="no grader")
            ]
        }
    )
    text = Page(render_page(report)).text
    assert "Not judged in this run" in text
    assert "low_grade: no grader" in text
    assert "Every rule of the recipe was judged." not in text


def test_the_text_of_an_alarm_is_veiled_until_it_is_asked_for():
    page = render_page(_hostile_report())
    (section,) = re.findall(r'<section id="safety".*?</section>', page, re.DOTALL)
    (folded,) = re.findall(r'<details class="veiled">(.*?)</details>', section, re.DOTALL)
    summary, text = folded.split("</summary>")
    # Closed: a reader of screens hears the offer alone, and eyes see a blur; a summary opens by keyboard.
    assert re.sub(r'<span class="veil" aria-hidden="true">.*?</span>', "", summary).count(
        "Show the text"
    )
    assert "<blockquote" in text
    assert "<blockquote" not in section.replace(folded, "")
    assert re.search(r"\.veil {[^}]*filter: blur", page)


def test_examples_of_unsafe_reasons_are_veiled_too():
    report = _hostile_report()
    rule = report.rules[0].model_copy(update={"signal": "safety.hit_density"})
    page = render_page(report.model_copy(update={"rules": [rule], "safety": None}))
    (section,) = re.findall(r'<section id="examples".*?</section>', page, re.DOTALL)
    assert 'class="veiled"' in section


def test_documents_without_a_grade_are_told_with_the_reason():
    graded = {
        "en": GradedLanguage(documents=90, without_grade=1, known=True),
        "zh": GradedLanguage(documents=10, without_grade=10, known=False),
        "de": GradedLanguage(documents=5, without_grade=0, known=True),
    }
    page = render_page(_empty_report().model_copy(update={"graded": graded}))
    assert "11 of 105 documents that reached the grader (10.5 %) have no grade" in page
    assert "<li>en: 1 of 90 (1.1 %), texts without a word that the grader can read</li>" in page
    assert "<li>zh: 10 of 10 (100 %), a language that the grader has not learnt</li>" in page
    assert "<li>de:" not in page


def test_breakable_escapes_and_marks_characters():
    assert breakable("a_b.<c>\u202e") == "a_<wbr>b.<wbr>&lt;c&gt;[U+202E]"


def _schemes() -> list[dict[str, str]]:
    style = resources.files("jobs.report").joinpath("report.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block)) for block in blocks]


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", _schemes(), ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "card"])
def test_colours_have_the_contrast_of_wcag_aa(scheme, ground):
    for text in ("ink", "quiet", "dropped"):
        assert _contrast(scheme[text], scheme[ground]) >= 4.5, text
    for mark in ("kept", "dropped", "quarantined", "bar", "focus"):
        assert _contrast(scheme[mark], scheme[ground]) >= 3.0, mark


def test_a_template_is_compiled_once_for_a_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = render_page(_empty_report())
    compiled = sorted((tmp_path / "corpusmill" / "pages").iterdir())
    assert compiled
    assert render_page(_empty_report()) == first
    for damaged in compiled:
        damaged.write_bytes(damaged.read_bytes()[:40])
    assert render_page(_empty_report()) == first


def test_a_home_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert render_page(_empty_report()).endswith("</html>\n")
