"""Every page by its address: what it says, what it refuses, and that no document's text becomes markup."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from jobs.index_phrases import index_stage
from jobs.inspection.label_tables import LABELS_NAME
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.serving.application import build_application
from jobs.serving.guard import COOKIE, HEADERS
from jobs.serving.served_run import named_runs
from jobs.tracing.indexed_documents import run_documents
from tests.jobs.finished_run import HOSTILE_TEXT
from tests.jobs.serving.looked_at_run import AFTER, CLEANED, HOSTILE, LONG, make_run, rows
from tests.pipeline.test_small_runs import no_spark

BASE = "http://127.0.0.1:8321"
TOKEN = "0123456789abcdef"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("pages") / "run")


@pytest.fixture
def folder(untouched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(untouched, tmp_path / "run"))


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    application = build_application(named_runs([str(folder)]), "127.0.0.1", None)
    with TestClient(application, base_url=BASE, follow_redirects=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def indexed(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The same run with an index of its phrases."""
    folder = Path(shutil.copytree(untouched, tmp_path_factory.mktemp("indexed") / "run"))
    context = RunContext(no_spark, str(folder), Reporter(quiet=True), local=True)
    index_stage(context, load_recipe("default"), run_documents(context))
    application = build_application(named_runs([str(folder)]), "127.0.0.1", None)
    return TestClient(application, base_url=BASE)


def guarded(folder: Path) -> TestClient:
    application = build_application(named_runs([str(folder)]), "0.0.0.0", TOKEN)
    return TestClient(application, base_url=BASE, follow_redirects=False)


def form_token(client: TestClient) -> str:
    found = re.search(
        r'name="form_token" value="([^"]+)"', client.get(f"/run/document/{HOSTILE}").text
    )
    assert found
    return found.group(1)


class TestPages:
    def test_one_run_is_opened_at_once_and_several_are_listed(
        self, client: TestClient, folder: Path
    ) -> None:
        assert client.get("/").headers["location"] == "/run"
        assert client.get("/run").headers["location"] == "/run/ask"
        runs = named_runs([str(folder), f"{folder}/"])
        several = TestClient(build_application(runs, "127.0.0.1", None), base_url=BASE)
        assert "/run-2/ask" in several.get("/").text

    def test_a_list_leads_to_its_documents_and_they_to_their_neighbours(
        self, client: TestClient, folder: Path
    ) -> None:
        page = client.get("/run/browse?status=quarantined").text
        first, second, *_ = sorted(rows(folder, "quarantined"))
        assert f"/run/document/{first}?status=quarantined" in page
        document = client.get(f"/run/document/{first}?status=quarantined").text
        assert f'href="/run/document/{second}?status=quarantined"' in document
        assert "1 of 8" in document
        assert 'rel="prev"' not in document

    def test_a_document_is_named_once_though_it_has_no_title(
        self, client: TestClient, folder: Path
    ) -> None:
        page = client.get("/run/browse?status=quarantined").text
        _, *entries = page.split("<tr id=")
        rows_shown = rows(folder, "quarantined").values()
        named = [row["url"] or row["source"] for row in rows_shown]
        assert entries
        for entry in entries:
            assert [entry.count(f">{name}<") for name in named if f">{name}<" in entry] == [1]

    def test_pages_of_a_list_hold_every_document_once(
        self, client: TestClient, folder: Path
    ) -> None:
        found: list[str] = []
        for page in range(1, 10):
            found += re.findall(r"/run/document/(\d+)", client.get(f"/run/browse?page={page}").text)
        assert len(set(found)) == len(rows(folder, "documents"))
        assert client.get("/run/browse?page=99999").status_code == 200  # the last one

    def test_a_document_that_left_says_what_would_let_it_stay(
        self, client: TestClient, folder: Path
    ) -> None:
        ledger = rows(folder, "dropped")
        number = next(n for n, row in ledger.items() if row["reasons"] == ["too_few_words"])
        page = client.get(f"/run/document/{number}").text
        assert f"too_few_words.min were {ledger[number]['value']:g}" in page
        assert "dropped at decide: too few words" in page

    def test_what_cleaning_cut_is_marked(self, client: TestClient) -> None:
        page = client.get(f"/run/document/{CLEANED}?view=changes").text
        assert "<del>Cookie banner\n</del>" in page
        shown = client.get(f"/run/document/{CLEANED}").text
        assert AFTER.strip() in shown
        assert "Cookie banner" not in shown

    def test_a_cluster_shows_what_was_kept_beside_its_copy(
        self, client: TestClient, folder: Path
    ) -> None:
        pair = next(iter(rows(folder, "duplicates").values()))
        page = client.get(f"/run/duplicates/{pair['cluster_id']}?with={pair['id']}").text
        for number in (pair["id"], pair["keeper_id"]):
            assert f'/run/document/{number}"' in page
        listed = client.get("/run/duplicates").text
        assert f"/run/duplicates/{pair['cluster_id']}" in listed

    def test_a_run_without_report_says_how_to_make_it(self, client: TestClient) -> None:
        answer = client.get("/run/thresholds")
        assert answer.status_code == 400
        assert "corpusmill report" in answer.text

    @pytest.mark.parametrize(
        ("address", "status", "told"),
        [
            ("/other/browse", 404, "No run other is served here"),
            ("/run/nowhere", 404, "Not Found"),
            ("/run/document/7", 400, "no such document"),
            (f"/run/document/{1 << 70}", 400, "no such document"),
            ("/run/browse?status=gone", 400, "status=gone"),
            (f"/run/document/{HOSTILE}?view=raw", 400, "view=raw"),
            ("/run/duplicates/1", 400, "no cluster"),
            ("/run/browse?source=%ff%fe%00", 200, "0</strong> documents"),
            ("/run/browse?seed=" + "9" * 5000, 400, "wanted a whole number"),
            ("/run/browse?page=" + "9" * 5000, 200, "documents"),
            (f"/run/document/{HOSTILE}?from=" + "9" * 5000, 200, "Document"),
            (f"/run/document/{HOSTILE}?from=-1", 200, "Document"),
            (f"/run/ask?q=a&span={'9' * 5000}", 400, "corpusmill index"),
        ],
    )
    def test_an_address_that_leads_nowhere_says_why(
        self, client: TestClient, address: str, status: int, told: str
    ) -> None:
        answer = client.get(address)
        assert answer.status_code == status
        assert told in answer.text


class TestAsk:
    def test_a_run_without_an_index_says_how_to_make_one(
        self, client: TestClient, folder: Path
    ) -> None:
        for address, status in (("/run/ask", 200), ("/run/ask?q=a+phrase", 400)):
            answer = client.get(address)
            assert answer.status_code == status
            assert f"corpusmill index {folder}" in answer.text

    @pytest.mark.parametrize(
        ("asked", "told"),
        [("q=" + "a" * 6001, "corpusmill trace RUN --file"), ("q=a&status=gone", "status=gone")],
    )
    def test_a_question_that_none_can_answer_says_why(
        self, client: TestClient, asked: str, told: str
    ) -> None:
        answer = client.get(f"/run/ask?{asked}")
        assert answer.status_code == 400
        assert told in answer.text

    def test_documents_are_counted_whole_and_shown_as_asked(self, indexed: TestClient) -> None:
        phrase = "the ferry left the quay a little after seven, when the fog had lifted"
        page = indexed.get("/run/ask", params={"q": phrase}).text
        found = re.search(r"<h2>(\d+) documents contain it; (\d+) are in the corpus</h2>", page)
        assert found
        holding, kept = map(int, found.groups())
        assert holding > kept > 20
        assert page.count('class="holder"') == 20
        later = indexed.get("/run/ask", params={"q": phrase, "page": "2"}).text
        assert not set(re.findall(r"document/(\d+)\?", page)) & set(
            re.findall(r"document/(\d+)\?", later)
        )
        left = indexed.get("/run/ask", params={"q": phrase, "status": "left"}).text
        assert f"{holding} documents contain it; {kept} are in the corpus" in left
        assert f"{holding - kept} of them are among those asked for" in left
        assert "would stay if too_few_words.min were" in left
        one = indexed.get("/run/ask", params={"q": phrase, "source": "page0004.html"}).text
        assert one.count('class="holder"') <= 1

    def test_what_is_found_in_a_hostile_document_is_letters(self, indexed: TestClient) -> None:
        for asked in ("script alert x script abc", "</textarea><script>alert(1)</script>"):
            page = indexed.get("/run/ask", params={"q": asked}).text
            assert "<script>alert" not in page
            assert "</textarea><script" not in page
            assert not set(page) & set("\x00\x07\u202e\u2066\u2069")

    def test_an_answer_of_no_document_is_said_to_be_of_none(self, indexed: TestClient) -> None:
        page = indexed.get("/run/ask", params={"q": "quokkas never filed taxes " * 5}).text
        assert "No document contains it" in page
        assert "finding none proves nothing" in page

    def test_a_passage_is_marked_where_it_lies_however_far(self, client: TestClient) -> None:
        page = client.get(f"/run/document/{LONG}?find=no+end%3C%2Fb%3E+%3Cb%3Eno").text
        assert '<mark id="hit">no end&lt;/b&gt; &lt;b&gt;no</mark>' in page
        page = client.get(f"/run/document/{LONG}?find=nowhere").text
        assert "The passage is not in this text" in page


class TestHostileDocuments:
    def test_markup_and_scripts_are_letters(self, client: TestClient) -> None:
        for address in (f"/run/document/{HOSTILE}", "/run/browse?page=2"):
            page = client.get(address).text
            assert "<script>document" not in page
            assert "<img src=x" not in page
            assert 'href="javascript:' not in page
        page = client.get(f"/run/document/{HOSTILE}").text
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
        assert '<b class="hidden-mark">[U+202E]</b>' in page

    def test_no_character_that_hides_or_reorders_reaches_the_page(self, client: TestClient) -> None:
        assert "\u202e" in HOSTILE_TEXT
        for view in ("cleaned", "extracted", "changes"):
            page = client.get(f"/run/document/{HOSTILE}?view={view}").text
            assert not set(page) & set("\x00\x07\u202e\u2066\u2069")

    def test_a_line_of_five_megabytes_comes_in_parts(self, client: TestClient) -> None:
        page = client.get(f"/run/document/{LONG}").text
        assert len(page) < 400_000
        assert "Show more" in page
        (further,) = set(re.findall(r"from=(\d+)#text", page))
        later = client.get(f"/run/document/{LONG}?view=cleaned&from={further}").text
        assert "Show what comes before" in later

    def test_an_original_whose_source_is_gone_is_a_sentence(self, client: TestClient) -> None:
        assert client.get(f"/run/document/{HOSTILE}/raw").status_code == 400

    def test_a_fault_of_ours_is_a_page_with_the_headers(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.serving.browse_page.rows", lambda *_: 1 / 0)
        application = build_application(named_runs([str(folder)]), "127.0.0.1", None)
        answer = TestClient(application, base_url=BASE, raise_server_exceptions=False).get(
            "/run/browse"
        )
        assert answer.status_code == 500
        assert "fault of corpusmill" in answer.text
        assert "ZeroDivisionError" in answer.text
        assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]

    def test_every_answer_has_the_headers(self, client: TestClient) -> None:
        for address in ("/run/browse", "/static/style.css", "/static/page.js", "/run/nowhere", "/"):
            headers = client.get(address).headers
            for name, value in HEADERS.items():
                assert headers[name] == value, address
        assert "unsafe" not in HEADERS["content-security-policy"]

    def test_pages_name_nothing_outside(self, client: TestClient) -> None:
        page = client.get(f"/run/document/{HOSTILE}").text
        assert set(re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', page)) <= {
            "/static/page.js", "/static/style.css", "data:,",
        }  # fmt: skip
        assert " style=" not in page
        assert not re.search(r"<[^>]*\son\w+=", page)


class TestMarks:
    def test_a_form_marks_a_document_and_the_basket_shows_it(
        self, client: TestClient, folder: Path
    ) -> None:
        fields = {
            "form_token": form_token(client),
            "mark": "wrong",
            "note": "n",
            "address": "status=kept",
        }
        answer = client.post(f"/run/document/{HOSTILE}/mark", data=fields)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/run/document/{HOSTILE}?status=kept#mark"
        assert pq.read_table(folder / LABELS_NAME).column("mark").to_pylist() == ["wrong"]
        assert f"/run/document/{HOSTILE}" in client.get("/run/basket").text
        for name in ("marks.csv", "labelled.parquet", "exclusions.yaml"):
            file = client.get(f"/run/basket/{name}")
            assert file.status_code == 200
            assert file.headers["content-disposition"] == f'attachment; filename="{name}"'
        taken = {"form_token": form_token(client), "mark": "none", "back": "basket"}
        assert (
            client.post(f"/run/document/{HOSTILE}/mark", data=taken).headers["location"]
            == "/run/basket"
        )
        assert pq.read_table(folder / LABELS_NAME).num_rows == 0

    def test_a_mark_of_a_list_keeps_the_note_and_leads_back_to_its_row(
        self, client: TestClient, folder: Path
    ) -> None:
        place, token = f"/run/document/{HOSTILE}/mark", form_token(client)
        client.post(place, data={"form_token": token, "mark": "wrong", "note": "n"})
        listed = {"form_token": token, "mark": "good", "address": "status=kept&page=2"}
        for back in ("browse", "ask"):
            answer = client.post(place, data={**listed, "back": back})
            assert answer.headers["location"] == f"/run/{back}?status=kept&page=2#d{HOSTILE}"
            (kept,) = pq.read_table(folder / LABELS_NAME).to_pylist()
            assert (kept["mark"], kept["note"]) == ("good", "n")
        page = client.get("/run/browse?signal=&source=page0065").text
        row = page[page.index(f'<tr id="d{HOSTILE}"') :]
        assert re.findall(r'value="(\w+)" data-mark="(\w)" aria-pressed="(\w+)"', row)[:3] == [
            ("none", "g", "true"), ("unsure", "s", "false"), ("wrong", "w", "false"),
        ]  # fmt: skip
        elsewhere = client.post(place, data={**listed, "back": "//evil"}).headers["location"]
        assert elsewhere.startswith(f"/run/document/{HOSTILE}?")

    @pytest.mark.parametrize("token", [None, "", "x" * 43, "é"])
    def test_a_form_of_another_page_writes_nothing(
        self, client: TestClient, folder: Path, token: str | None
    ) -> None:
        fields = {"mark": "wrong"} | ({} if token is None else {"form_token": token})
        assert client.post(f"/run/document/{HOSTILE}/mark", data=fields).status_code == 403
        assert not (folder / LABELS_NAME).exists()

    def test_a_form_leads_to_no_other_page(self, client: TestClient) -> None:
        fields = {
            "form_token": form_token(client),
            "mark": "good",
            "address": "x=y\r\nlocation: z#//evil",
        }
        location = client.post(f"/run/document/{HOSTILE}/mark", data=fields).headers["location"]
        assert location.startswith(f"/run/document/{HOSTILE}?x=y%0D%0A")

    def test_a_form_without_end_is_refused(self, client: TestClient) -> None:
        answer = client.post(f"/run/document/{HOSTILE}/mark", content=b"a" * 200_000)
        assert answer.status_code == 413

    def test_looking_writes_nothing(self, client: TestClient, folder: Path) -> None:
        before = sorted(path for path in folder.rglob("*"))
        assert client.get(f"/run/document/{HOSTILE}/mark").status_code == 405
        client.get("/run/browse")
        assert sorted(path for path in folder.rglob("*")) == before


class TestVisitors:
    @pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost:1", "[::1]:8321", "192.168.1.5"])
    def test_names_that_cannot_be_pointed_elsewhere_are_known(
        self, client: TestClient, host: str
    ) -> None:
        assert client.get("/run/browse", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:8321",
            "127.0.0.1.evil.example",
            "",
            "localhost.evil.example",
        ],
    )
    def test_a_strangers_name_for_this_machine_is_refused(
        self, client: TestClient, host: str
    ) -> None:
        assert client.get("/run/browse", headers={"host": host}).status_code == 421

    def test_without_its_token_nothing_is_shown(self, folder: Path) -> None:
        client = guarded(folder)
        for address in (
            "/run/browse",
            "/static/page.js",
            "/run/browse?token=",
            f"/?token={TOKEN}x",
        ):
            assert client.get(address).status_code == 403
        assert client.get("/", headers={"cookie": f"{COOKIE}={TOKEN[:-1]}"}).status_code == 403

    def test_the_token_of_an_address_becomes_a_cookie(self, folder: Path) -> None:
        client = guarded(folder)
        answer = client.get(f"/run/browse?status=kept&token={TOKEN}")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/run/browse?status=kept"
        assert "httponly" in answer.headers["set-cookie"].lower()
        assert client.get("/run/browse").status_code == 200

    def test_no_token_leads_to_another_machine(self, folder: Path) -> None:
        answer = guarded(folder).get(f"{BASE}//evil.example/?token={TOKEN}")
        assert answer.headers["location"] == "/evil.example/"

    def test_secrets_are_compared_in_constant_time(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared: list[tuple[bytes, bytes]] = []
        monkeypatch.setattr(
            "jobs.serving.guard.hmac.compare_digest", lambda *pair: compared.append(pair) or False
        )
        assert guarded(folder).get(f"/?token={TOKEN}").status_code == 403
        assert compared == [(TOKEN.encode(), TOKEN.encode())]
