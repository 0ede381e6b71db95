"""Quality and cost of extraction on the shared folder: `python -m bench.extraction.formats [--quick]`.

Every profile beside plain trafilatura and Resiliparse, our PDF reader beside plain pypdfium2, pypdf and
pdfplumber (these two in an environment of their own below bench-output, made on the first run; left out by
--without-peers), encodings, line verdicts, and what the guarded child costs. --quick takes a sample of the
pages. JSON lines, one a workload and system; speeds are paired: every page goes through all systems in turn.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
import venv
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import pypdfium2
import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from bench.extraction.page_sets import QUICK_PAGES, Page, snippet_pages, snippet_shares, wcxb_pages
from bench.extraction.scores import rows_intact, snippets, table_adjacency, word_bag
from bench.measuring import measured, print_result
from bench.shared_folder import DATA, OUTPUT, require_data
from udfs.extract_document import extract
from udfs.extraction.charsets.decoding import decode
from udfs.extraction.contract import ExtractionOptions
from udfs.extraction.guard.parser_child import ParserChild
from udfs.extraction.html.profiles import HTML_PROFILES

PEERS = OUTPUT / "extraction-peers"
PEER_REQUIREMENTS = ("pypdf==7.*", "pdfplumber==0.11.*")
PDF_READINGS = 3
"""Of which the cheapest counts: the files are read in under a second, so that any neighbour shows."""


def ours(content: bytes) -> str:
    return extract(content).text


def plain_trafilatura(content: bytes) -> str:
    found = trafilatura.extract(
        decode(content).text,
        output_format="markdown",
        include_comments=False,
        deduplicate=False,
    )
    return found or ""


def plain_resiliparse(content: bytes) -> str:
    text = decode(content).text
    return str(extract_plain_text(text, main_content=True, alt_texts=False, links=False))


def plain_pdfium(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
        return "\n".join(pages).replace("\r\n", "\n")
    finally:
        document.close()


def with_profile(options: ExtractionOptions) -> Callable[[bytes], str]:
    return lambda content: extract(content, options=options).text


HTML_SYSTEMS: dict[str, Callable[[bytes], str]] = {
    "trafilatura": plain_trafilatura,
    "resiliparse": plain_resiliparse,
    **{
        f"corpusmill {name}": with_profile(ExtractionOptions(profile=name))
        for name in HTML_PROFILES
    },
}
PDF_SYSTEMS: dict[str, Callable[[bytes], str]] = {"corpusmill": ours, "pypdfium2": plain_pdfium}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAGES} pages, not all")
    parser.add_argument("--without-peers", action="store_true", help="no pypdf, no pdfplumber")
    arguments = parser.parse_args()
    quick = arguments.quick
    require_data()
    extract(b"<html><body><p>loads the readers before anything is measured</p></body></html>")
    pages = wcxb_pages(QUICK_PAGES if quick else None)
    bench_wcxb(pages)
    bench_snippets()
    bench_encodings()
    bench_tables(with_peers=not arguments.without_peers)
    bench_child([content for content, _ in pages[:QUICK_PAGES]])


def read_in_turn(pages: list[bytes]) -> dict[str, tuple[list[str], float]]:
    """Texts and processor seconds of every system; each page goes through all before the next."""
    texts: dict[str, list[str]] = {system: [] for system in HTML_SYSTEMS}
    seconds = dict.fromkeys(HTML_SYSTEMS, 0.0)
    for content in pages:
        for system, reader in HTML_SYSTEMS.items():
            started = time.process_time()
            texts[system].append(reader(content))
            seconds[system] += time.process_time() - started
    return {system: (texts[system], seconds[system]) for system in HTML_SYSTEMS}


def bench_wcxb(pages: list[Page]) -> None:
    size = sum(len(content) for content, _ in pages)
    found = read_in_turn([content for content, _ in pages])
    for system, (texts, seconds) in found.items():
        by_kind: dict[str, list[float]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for text, (_, truth) in zip(texts, pages, strict=True):
            gold = truth["ground_truth"]
            kind = truth["_internal"]["page_type"]["primary"]
            by_kind[kind].append(word_bag(text, gold["main_content"])[2])
            counts += snippets(text, gold["with"], gold["without"])
        print_result(
            "extraction: WCXB development pages, word-bag F1",
            system,
            len(pages),
            size,
            f1=round(mean(score for scores in by_kind.values() for score in scores), 4),
            f1_by_kind={kind: round(mean(by_kind[kind]), 4) for kind in sorted(by_kind)},
            pages_by_kind={kind: len(by_kind[kind]) for kind in sorted(by_kind)},
            empty=sum(not text for text in texts),
            **snippet_shares(counts),
            pages_per_cpu_s=round(len(pages) / seconds, 1),
            times_trafilatura=round(found["trafilatura"][1] / seconds, 2),
            cpu_s=round(seconds, 3),
        )


def bench_snippets() -> None:
    pages = snippet_pages()
    for system, (texts, seconds) in read_in_turn([content for content, _ in pages]).items():
        counts: Counter[str] = Counter()
        for text, (_, gold) in zip(texts, pages, strict=True):
            counts += snippets(text, gold["with"], gold["without"])
        print_result(
            "extraction: pages with gold snippets",
            system,
            len(pages),
            sum(len(content) for content, _ in pages),
            **snippet_shares(counts),
            cpu_s=round(seconds, 3),
        )


def bench_encodings() -> None:
    """Samples with a UTF-8 twin must equal it; the others the reading of the codec they name."""
    paths = sorted((DATA / "text/encodings").glob("*/*"))
    exact, unknown, wrong = 0, [], []
    decoded, cost = measured(lambda: [decode(path.read_bytes()).text for path in paths])
    for path, text in zip(paths, decoded, strict=True):
        expected = expected_text(path)
        if expected is None:
            unknown.append(path.name)
        elif text == expected:
            exact += 1
        else:
            wrong.append(path.name)
    print_result(
        "extraction: encodings, exact texts",
        "corpusmill",
        len(paths),
        sum(path.stat().st_size for path in paths),
        exact=exact,
        wrong=wrong,
        no_codec_to_check=unknown,
        **cost.fields(),
    )


def expected_text(path: Path) -> str | None:
    twin = path if path.stem.endswith("-utf8") else path.with_name(f"{path.stem}-utf8.txt")
    if twin.exists():
        return twin.read_bytes().decode()
    encoding = path.stem.split("_", 1)[1]
    try:
        return path.read_bytes().decode(encoding)
    except LookupError:
        return None


def bench_tables(*, with_peers: bool) -> None:
    golds = sorted((DATA / "pdf/tables/icdar2013_us").glob("*-str.xml"))
    paths = [gold.with_name(gold.name.replace("-str.xml", ".pdf")) for gold in golds]
    contents = [path.read_bytes() for path in paths]
    page_count = sum(len(pypdfium2.PdfDocument(content)) for content in contents)
    found: dict[str, tuple[list[str], float]] = {}
    for system, reader in PDF_SYSTEMS.items():
        reader(contents[0])  # what loading the library costs is no cost of a page
        readings = [
            measured(lambda reader=reader: [reader(content) for content in contents])
            for _ in range(PDF_READINGS)
        ]
        found[system] = (readings[0][0], min(cost.cpu_s for _, cost in readings))
    if with_peers:
        found |= read_by_peers(paths)
    for system, (texts, seconds) in found.items():
        scores = [table_adjacency(text, gold) for text, gold in zip(texts, golds, strict=True)]
        rows = [rows_intact(text, gold) for text, gold in zip(texts, golds, strict=True)]
        print_result(
            "extraction: ICDAR 2013 tables (US half)",
            system,
            len(contents),
            sum(map(len, contents)),
            adjacency_precision=round(mean(score[0] for score in scores), 4),
            adjacency_recall=round(mean(score[1] for score in scores), 4),
            adjacency_f1=round(mean(score[2] for score in scores), 4),
            rows_intact_macro=round(mean(found / max(1, total) for found, total in rows), 4),
            rows_intact_micro=round(sum(row[0] for row in rows) / sum(row[1] for row in rows), 4),
            ms_per_page=round(1000 * seconds / page_count, 2),
            cpu_s=round(seconds, 3),
        )


def read_by_peers(paths: list[Path]) -> dict[str, tuple[list[str], float]]:
    """Texts and processor seconds of the libraries that are no dependencies of ours."""
    python = PEERS / "bin" / "python"
    if not python.is_file():
        venv.create(PEERS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEER_REQUIREMENTS], check=True)
    output = PEERS / "texts.jsonl"
    script = Path(__file__).with_name("run_pdf_libraries.py")
    subprocess.run([python, script, output, *paths], check=True, stderr=subprocess.DEVNULL)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    return {line["system"]: (line["texts"], line["cpu_s"]) for line in lines}


def bench_child(contents: list[bytes]) -> None:
    """Same pages in this process and through the child, alternating; processor time of both ends."""
    inside = through = parent = wall = 0.0
    rounds = 3
    with ParserChild() as child:
        child.extract(contents[0])
        for content in contents:
            extract(content)
        for _ in range(rounds):
            expected, cost = measured(lambda: [extract(content) for content in contents])
            inside += cost.cpu_s
            child_started = child.processor_seconds
            found, cost = measured(lambda: [child.extract(content) for content in contents])
            parent += cost.cpu_s
            through += cost.cpu_s + child.processor_seconds - child_started
            wall += cost.wall_s
            assert found == expected
    documents = rounds * len(contents)
    print_result(
        "extraction: guarded child against the same process",
        "corpusmill",
        documents,
        rounds * sum(map(len, contents)),
        wall_s=round(wall, 3),
        cpu_s=round(through, 3),
        peak_rss_mb=round(cost.peak_rss_mb),
        cpu_s_same_process=round(inside, 3),
        overhead=round(through / inside - 1, 4),
        parent_ms_per_document=round(1000 * parent / documents, 3),
    )


if __name__ == "__main__":
    main()
