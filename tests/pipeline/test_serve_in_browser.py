"""The local page as a reader meets it: in Chromium, by keyboard, dark and light, read by axe-core."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import uvicorn
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from jobs.index_phrases import index_stage
from jobs.inspection.label_tables import LABELS_NAME
from jobs.inspection.raw_document import raw_document
from jobs.inspection.run_tables import RunTables
from jobs.inspection.what_if import ask_what_if
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.serving.application import build_application
from jobs.serving.marks import Mark, set_mark
from jobs.serving.served_run import named_runs
from jobs.tracing.indexed_documents import run_documents
from tests.jobs.serving.looked_at_run import HOSTILE, LONG, make_run
from tests.pipeline.test_small_runs import no_spark
from tests.sample_run import FinishedRun

pytestmark = [pytest.mark.spark, pytest.mark.browser]

CELLS_THAT_OVERFLOW = """[...document.querySelectorAll("td")]
  .filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.textContent.trim())"""
LISTS = ("browse", "signal", "unread")
WINDOWS = {"desktop": (1280, "light"), "phone": (390, "dark")}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    system = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=system, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def run(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(
        shutil.copytree(finished_run.folder, tmp_path_factory.mktemp("served") / "sample")
    )
    context = RunContext(no_spark, str(folder), Reporter(quiet=True), local=True)
    index_stage(context, load_recipe("default"), run_documents(context))
    return folder


@pytest.fixture(scope="module")
def address(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the sample's run and a run of hostile documents are served."""
    hostile = make_run(tmp_path_factory.mktemp("served") / "hostile")
    set_mark(RunTables(str(hostile)), HOSTILE, Mark("wrong", "<i>a note</i>\u202e"))
    application = build_application(named_runs([str(run), str(hostile)]), "127.0.0.1", None)
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.said = []  # type: ignore[attr-defined]
    opened.asked = []  # type: ignore[attr-defined]
    opened.on("console", lambda said: opened.said.append(said.text))  # type: ignore[attr-defined]
    opened.on("pageerror", lambda error: opened.said.append(str(error)))  # type: ignore[attr-defined]
    opened.on("dialog", lambda dialog: opened.said.append(dialog.message))  # type: ignore[attr-defined]
    opened.on("request", lambda sent: opened.asked.append(sent.url))  # type: ignore[attr-defined]
    yield opened
    assert opened.said == []  # type: ignore[attr-defined]
    context.close()


def row(run: FinishedRun, dataset: str, **values: Any) -> dict[str, Any]:
    return next(
        row for row in run.rows(dataset)
        if all(row[name] == value for name, value in values.items())
    )  # fmt: skip


def every_page(run: FinishedRun) -> dict[str, str]:
    pair = run.rows("duplicates")[0]
    dropped = row(run, "dropped", reason="too_few_words")["id"]
    return {
        "runs": "/",
        "ask": "/sample/ask",
        "phrase": "/sample/ask?q=the",
        "no index": "/hostile/ask",
        "browse": "/sample/browse",
        "signal": "/sample/browse?signal=heuristics.word_count&order=rising&status=dropped",
        "unread": "/sample/browse?status=quarantined",
        "nothing": "/sample/browse?source=no-such-file",
        "dropped": f"/sample/document/{dropped}?status=dropped",
        "changes": f"/sample/document/{pair['id']}?view=changes",
        "quarantined": f"/sample/document/{run.rows('quarantined')[0]['id']}",
        "thresholds": "/sample/thresholds?special_characters.max=0.1",
        "clusters": "/sample/duplicates",
        "cluster": f"/sample/duplicates/{pair['cluster_id']}?with={pair['id']}",
        "basket": "/sample/basket",
        "marks": "/hostile/basket",
        "hostile": f"/hostile/document/{HOSTILE}",
        "long": f"/hostile/document/{LONG}",
    }


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_reads_well_for_everybody(
    browser: Browser, address: str, finished_run: FinishedRun, window: str
) -> None:
    width, scheme = WINDOWS[window]
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for name, path in every_page(finished_run).items():
        page = context.new_page()
        page.goto(address + path)
        shots = os.environ.get("CORPUSMILL_SCREENSHOTS")
        if shots:
            page.screenshot(path=str(Path(shots) / f"serve-{name}-{window}.png"), full_page=True)
        found = Axe().run(page).response["violations"]
        assert not found, (name, [(one["id"], one["nodes"][0]["html"][:200]) for one in found])
        sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(sideways) <= 0, name
        if name in LISTS:
            assert page.evaluate(CELLS_THAT_OVERFLOW) == [], name
        page.close()
    context.close()


def test_a_phrase_leads_to_its_documents_and_to_the_passage(
    page: Page, address: str, finished_run: FinishedRun
) -> None:
    near = row(finished_run, "duplicates", kind="near")
    judged = {one["id"]: one for one in finished_run.rows("annotated", ["id", "text", "url"])}
    kept, copy = judged[near["keeper_id"]], judged[near["id"]]
    phrase = shared_words(kept["text"], copy["text"])
    page.goto(f"{address}/sample")
    page.get_by_label("A phrase, or a whole answer of a model").fill(phrase.upper())
    page.get_by_role("button", name="Ask").press("Enter")
    page.wait_for_selector("h2:has-text('contain')")
    assert page.locator("h2").first.inner_text().endswith("1 is in the corpus")
    held = page.locator("article.holder")
    assert held.count() == 1 + near["cluster_size"] - 1
    assert held.first.locator(".status").inner_text() == "kept"
    own = page.locator("article.holder", has=page.locator(f"a[href*='/document/{copy['id']}?']"))
    assert "near duplicate" in own.inner_text()
    assert own.locator("mark").inner_text().split() == phrase.split()
    own.locator("h3 a").click()
    page.wait_for_selector("mark#hit")
    assert page.locator("mark#hit").inner_text().split() == phrase.split()
    page.go_back()
    page.wait_for_selector("h2:has-text('contain')")


def test_spans_of_an_answer_are_coloured_and_opened(
    page: Page, address: str, finished_run: FinishedRun
) -> None:
    near = row(finished_run, "duplicates", kind="near")
    judged = {one["id"]: one["text"] for one in finished_run.rows("annotated", ["id", "text"])}
    common = shared_words(judged[near["keeper_id"]], judged[near["id"]])
    alone = shared_words(*[judged[row(finished_run, "corpus", url=None, language="en")["id"]]] * 2)
    page.goto(f"{address}/sample/ask")
    page.locator("#q").fill(
        f"Nobody wrote this: {common}. Quokkas disagree, {alone}, <b>they</b> say."
    )
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("h2:has-text('2 spans of it are in documents')")
    rare, often = page.locator("a.span.rare-4"), page.locator("a.span.rare-3")
    assert (rare.count(), often.count()) == (1, 1)
    often.click()
    page.wait_for_selector("a.span.rare-3[aria-current]")
    assert page.locator("article.holder").count() == near["cluster_size"]
    rare.click()
    page.wait_for_selector("a.span.rare-4[aria-current]")
    assert page.locator("article.holder").count() == 1
    assert page.locator(".answer b").count() == 0
    assert "a model may say a thing that no document says" in page.content().lower()


def shared_words(first: str, second: str) -> str:
    """Fourteen words on one line that both texts have; a heading's mark is none."""
    for line in first.splitlines():
        words = line.lstrip("# ").split()[:14]
        if len(words) == 14 and " ".join(words) in second:
            return " ".join(words)
    raise AssertionError("the sample's copies share no line")


def test_a_list_is_chosen_and_walked_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/sample/browse")
    page.select_option("select[name=status]", "dropped")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url("**/browse?status=dropped&order=id")
    first, second = (page.locator("a.row").nth(place).inner_text() for place in (0, 1))
    page.locator("a.row").first.press("Enter")
    assert page.locator("h1").inner_text() == first
    page.keyboard.press("j")
    page.wait_for_function(
        "(title) => document.querySelector('h1').innerText === title", arg=second
    )
    page.keyboard.press("k")
    page.wait_for_function("(title) => document.querySelector('h1').innerText === title", arg=first)
    page.go_back()
    assert page.locator("h1").inner_text() == second
    page.keyboard.press("u")
    page.wait_for_url("**/browse?status=dropped")
    assert {text.strip() for text in page.locator("td .status").all_inner_texts()} == {"dropped"}


def test_a_document_is_marked_by_a_key_and_exported(
    page: Page, address: str, run: Path, finished_run: FinishedRun
) -> None:
    number = row(finished_run, "dropped", reason="too_few_words")["id"]
    page.goto(f"{address}/sample/document/{number}?status=dropped")
    page.get_by_label("Note").fill("jk: keys are letters in a field")
    page.locator("h1").click()
    page.keyboard.press("w")
    page.wait_for_selector("legend:has-text('Marked wrong')")
    (kept,) = pq.read_table(run / LABELS_NAME).to_pylist()
    assert (kept["id"], kept["mark"], kept["note"]) == (
        number,
        "wrong",
        "jk: keys are letters in a field",
    )
    assert kept["text"]
    page.get_by_role("link", name="Basket 1").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="exclusions.yaml").click()
    assert (
        yaml.safe_load(Path(saved.value.path()).read_text())["documents"][0]["note"] == kept["note"]
    )
    page.get_by_role("button", name=f"Take the mark of document {number} away").click()
    page.wait_for_selector("text=Mark documents good, unsure or wrong")
    assert pq.read_table(run / LABELS_NAME).num_rows == 0


def test_rows_of_a_list_are_marked_by_key_and_by_mouse(page: Page, address: str, run: Path) -> None:
    page.goto(f"{address}/sample/browse?status=dropped")
    rows = page.locator("tr[data-row]")
    first, second = (rows.nth(place).get_attribute("id") for place in (0, 1))
    assert first
    assert second
    for key in "jjk":
        page.keyboard.press(key)
    with page.expect_navigation(url=f"**/browse?status=dropped&page=1#{first}"):
        page.keyboard.press("w")
    assert page.locator(f"#{first} [aria-pressed=true]").inner_text() == "wrong"
    page.keyboard.press("j")  # on from the row that was marked
    with page.expect_navigation(url=f"**#{second}"):
        page.keyboard.press("g")
    with page.expect_navigation(url=f"**#{first}"):
        page.locator(f"#{first}").get_by_role("button", name="unsure").click()
    marked = {f"d{one['id']}": one["mark"] for one in pq.read_table(run / LABELS_NAME).to_pylist()}
    assert marked == {first: "unsure", second: "good"}
    for number in (first, second):
        with page.expect_navigation(url=f"**#{number}"):
            page.locator(f"#{number} [aria-pressed=true]").click()
    assert pq.read_table(run / LABELS_NAME).num_rows == 0
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/document/{first[1:]}?status=dropped")


def test_documents_of_an_answer_are_marked_where_they_are_found(
    page: Page, address: str, run: Path, finished_run: FinishedRun
) -> None:
    near = row(finished_run, "duplicates", kind="near")
    judged = {one["id"]: one["text"] for one in finished_run.rows("annotated", ["id", "text"])}
    phrase = shared_words(judged[near["keeper_id"]], judged[near["id"]])
    page.goto(f"{address}/sample/ask?q={quote(phrase)}")
    held = page.locator("article[data-row]")
    kept = held.first.get_attribute("id")
    held.first.locator("a.row").focus()
    with page.expect_navigation(url=f"**#{kept}"):
        page.keyboard.press("g")
    assert page.locator("#q").input_value() == phrase
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("w")
    marks = [one["mark"] for one in pq.read_table(run / LABELS_NAME).to_pylist()]
    assert marks == ["good", "wrong"]
    for left in (1, 0):
        with page.expect_navigation():
            page.locator("[aria-pressed=true]").first.click()
        assert page.locator("[aria-pressed=true]").count() == left
    assert pq.read_table(run / LABELS_NAME).num_rows == 0


def test_an_original_is_saved_as_it_came(
    page: Page, address: str, run: Path, finished_run: FinishedRun
) -> None:
    number = finished_run.rows("corpus", ["id"])[0]["id"]
    page.goto(f"{address}/sample/document/{number}")
    with page.expect_download() as saved:
        page.get_by_role("link", name="As it came").click()
    assert Path(saved.value.path()).read_bytes() == raw_document(RunTables(str(run)), number)


def test_a_moved_bound_shows_who_changes_sides_and_becomes_a_recipe(
    page: Page, address: str, run: Path
) -> None:
    page.goto(f"{address}/sample/thresholds")
    line = page.locator("tr", has=page.locator("input[name='special_characters.max']"))
    for _ in range(6):
        line.locator("input[type=range]").press("ArrowLeft")
    bound = line.locator("input[name]").input_value()
    said = line.locator("output").inner_text()
    page.get_by_role("button", name="Show what would change").click()
    page.wait_for_selector("h2:has-text('What would change')")
    assert page.url.endswith(f"/thresholds?special_characters.max={bound}")
    setting = f"rules.special_characters.max={bound}"
    answer = ask_what_if(RunTables(str(run)), load_recipe("default", [setting]))
    assert said.startswith(f"{answer.then.hits['special_characters']} fail")
    assert page.locator("article.mover-row").count() == len(answer.gained) + len(answer.lost) > 0
    page.locator("article.mover-row h3 a").first.click()
    page.wait_for_selector("article.mover-row .text")
    assert page.locator("article.mover-row .text").inner_text()
    page.go_back()
    assert page.locator("article.mover-row .text").count() == 0
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as a recipe").click()
    recipe = Path(saved.value.path()).with_suffix(".yaml")
    recipe.write_bytes(Path(saved.value.path()).read_bytes())
    (rule,) = (
        rule for rule in load_recipe(str(recipe)).rules if rule.reason == "special_characters"
    )
    assert rule.max == float(bound)


def test_two_copies_stand_side_by_side(page: Page, address: str, finished_run: FinishedRun) -> None:
    near = row(finished_run, "duplicates", kind="near")
    page.goto(f"{address}/sample/duplicates")
    page.locator(f"a[href='/sample/duplicates/{near['cluster_id']}']").click()
    page.locator(f"a.row[href$='with={near['id']}']").click()
    kept, copy = page.locator(".sides .text").all()
    assert kept.bounding_box()["y"] == copy.bounding_box()["y"]  # type: ignore[index]
    assert page.locator(".sides del, .sides ins").count() > 0
    assert copy.locator("del").count() == kept.locator("ins").count() == 0


def test_a_hostile_document_does_nothing_but_be_read(page: Page, address: str) -> None:
    page.goto(f"{address}/hostile/document/{HOSTILE}")
    assert page.title().startswith("Document")
    assert "<script>alert('x')</script>" in page.locator(".text").inner_text()
    assert page.locator(".text .hidden-mark").first.inner_text() == "␀"
    assert page.locator(".text script, .text img, .text b:not(.hidden-mark)").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert all(url.startswith(address) for url in page.asked)  # type: ignore[attr-defined]


def test_a_line_of_five_megabytes_opens_quickly_and_goes_on(page: Page, address: str) -> None:
    started = time.monotonic()
    page.goto(f"{address}/hostile/document/{LONG}")
    assert time.monotonic() - started < 3
    shown = page.locator(".text").inner_text()
    assert len(shown) < 50_000
    page.get_by_role("link", name="Show more").click()
    page.wait_for_selector("text=Show what comes before")


def test_without_script_every_page_works(
    browser: Browser, address: str, finished_run: FinishedRun
) -> None:
    still = browser.new_context(java_script_enabled=False).new_page()
    still.goto(f"{address}/sample/thresholds")
    assert still.locator(".slider:visible").count() == 0
    still.fill("input[name='special_characters.max']", "0.1")
    still.get_by_role("button", name="Show what would change").click()
    assert still.locator("article.mover-row").count() > 0
    still.goto(f"{address}/sample/browse")
    still.select_option("select[name=status]", "kept")
    still.get_by_role("button", name="Show").click()
    assert still.locator("a.row").count() > 0
