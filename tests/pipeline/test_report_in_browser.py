"""The report as a reader meets it: opened from disk in Chromium, moved, read by axe-core."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.recipes.loading import load_recipe
from tests.sample_run import FinishedRun

pytestmark = [pytest.mark.spark, pytest.mark.browser]

SECTIONS = (
    "stages", "reasons", "absent", "signals", "examples", "borderline", "unreadable", "languages", "sources",
    "duplicates", "perplexity", "cleaning", "settings",
)  # fmt: skip
WIDTHS = {"phone": 390, "desktop": 1280}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    system = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=system, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(params=sorted(WIDTHS))
def page(request: pytest.FixtureRequest, browser: Browser, finished_run: FinishedRun) -> Page:
    """The report in a window of each width; every request and console message is noted."""
    opened = browser.new_page(viewport={"width": WIDTHS[request.param], "height": 900})
    opened.requests, opened.messages = [], []  # type: ignore[attr-defined]
    opened.on("request", lambda sent: opened.requests.append(sent.url))  # type: ignore[attr-defined]
    opened.on("console", lambda said: opened.messages.append(said.text))  # type: ignore[attr-defined]
    opened.on("pageerror", lambda error: opened.messages.append(str(error)))  # type: ignore[attr-defined]
    started = time.monotonic()
    opened.goto((finished_run.folder / "report.html").as_uri(), wait_until="load")
    opened.loaded_in = time.monotonic() - started  # type: ignore[attr-defined]
    shots = os.environ.get("CORPUSMILL_SCREENSHOTS")
    if shots:
        opened.screenshot(path=str(Path(shots) / f"report-{request.param}.png"), full_page=True)
    return opened


def test_it_opens_alone_quickly_and_whole(page: Page, finished_run: FinishedRun) -> None:
    assert page.requests == [(finished_run.folder / "report.html").as_uri()]  # type: ignore[attr-defined]
    assert page.messages == []  # type: ignore[attr-defined]
    assert page.loaded_in < 2  # type: ignore[attr-defined]
    for section in SECTIONS:
        assert page.locator(f"section#{section}").is_visible()
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(sideways) <= 0  # wide tables scroll in their own frame


def test_axe_finds_no_serious_violation(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not serious, [(one["id"], one["nodes"][0]["html"][:200]) for one in serious]


def test_a_moved_slider_shows_what_whatif_answers(page: Page, finished_run: FinishedRun) -> None:
    form = page.locator("form.mover", has_text="too_few_words").first
    bound = json.loads(form.get_attribute("data-bound") or "{}")
    slider, output = form.locator("input"), form.locator("output")
    slider.focus()
    for _ in range(3):  # by keyboard, as a reader without a mouse would
        slider.press("ArrowRight")
    place = bound["places"][int(slider.input_value())]
    assert place != bound["places"][bound["now"]]
    setting = f"rules.too_few_words.{bound['side']}={place!r}"
    tables = RunTables(finished_run.context.output)
    hits = ask_what_if(tables, load_recipe("default", [setting])).then.hits["too_few_words"]
    assert f": {hits} fail (" in output.inner_text()
    form.locator("button").click()
    page.wait_for_timeout(50)
    assert f": {bound['failing'][bound['now']]} fail (" in output.inner_text()


def test_the_text_of_an_alarm_opens_by_keyboard(page: Page) -> None:
    alarm = page.locator("#safety details.veiled").first
    text, veil = alarm.locator("blockquote"), alarm.locator(".veil")
    assert not text.is_visible()
    assert "blur" in veil.evaluate("veil => getComputedStyle(veil).filter")
    alarm.locator("summary").focus()
    page.keyboard.press("Enter")
    assert text.is_visible()
    assert not veil.is_visible()


def test_without_script_it_reads_and_shows_no_dead_sliders(
    browser: Browser, finished_run: FinishedRun
) -> None:
    still = browser.new_context(java_script_enabled=False).new_page()
    still.goto((finished_run.folder / "report.html").as_uri())
    assert still.locator("form.mover").count() > 5
    assert still.locator("form.mover:visible").count() == 0
    assert still.locator("section#signals svg").first.is_visible()
