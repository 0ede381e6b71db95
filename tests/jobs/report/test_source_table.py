from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.report.report_model import Totals
from jobs.report.source_table import TOP, TOP_FOLDER, input_facts, source_group, source_table

pytestmark = pytest.mark.spark

SCHEMA = pa.schema([("source", pa.string()), ("url", pa.string()), ("content_bytes", pa.int64())])


def _frame(spark, rows):
    columns = [{"source": source, "url": url, "content_bytes": 5} for source, url in rows]
    return spark.createDataFrame(pa.Table.from_pylist(columns, schema=SCHEMA))


@pytest.mark.parametrize(
    ("source", "url", "group"),
    [
        ("in/html/blog/a.html", None, "html/blog"),
        ("in/html/blog/2021/05/a.html", None, "html/blog"),
        ("in/a.html", None, TOP_FOLDER),
        ("in/dump.jsonl.gz", None, "dump.jsonl.gz"),
        ("in/crawl/part-1.warc", None, "crawl/part-1.warc"),
        ("in/a.warc.gz", "https://User@News.Example.COM:8080/x?y", "news.example.com"),
        ("in/a.warc.gz", "http://[broken", "[broken"),
        ("in/a.jsonl", "no address at all", "a.jsonl"),
        (None, None, TOP_FOLDER),
        ("in/a.warc", "https://" + "x" * 500 + ".org/", "x" * 200),
    ],
)
def test_source_group(spark, source, url, group):
    row = _frame(spark, [(source, url)]).select(source_group("in/").alias("g")).collect()[0]
    assert row["g"] == group


@pytest.mark.parametrize(
    ("sources", "folder"),
    [
        (["../data/html/a.html", "../data/html/b.html"], "../data/html/"),
        (["../data/html/a.html", "../data/pdf/b.pdf"], "../data/"),
        (["html/a.html", "pdf/b.pdf"], ""),
        (["only/one.jsonl"], "only/"),
        (["网页/一.html", "网页/二.html"], "网页/"),
        ([None], ""),
    ],
)
def test_common_folder(spark, sources, folder):
    facts = input_facts(_frame(spark, [(source, None) for source in sources]))
    assert (facts.common_folder, facts.bytes) == (folder, 5 * len(sources))


def test_no_documents_at_all(spark):
    assert input_facts(_frame(spark, [])).bytes == 0


def test_table_is_cut_and_the_rest_is_counted_together(spark):
    rows = [("d.jsonl", f"https://h{number:03}.org/") for number in range(TOP + 7)]
    documents = _frame(spark, [*rows, rows[-1]])
    nothing = documents.limit(0)
    totals = Totals(documents_in=TOP + 8, kept=TOP + 8, dropped=0, quarantined=0)
    listed, others = source_table(documents, nothing, nothing, "", totals)
    assert [flow.source for flow in listed[:2]] == [f"h{TOP + 6:03}.org", "h000.org"]
    assert (len(listed), listed[0].kept) == (TOP, 2)
    assert (others.sources, others.documents_in, others.kept, others.dropped) == (7, 7, 7, 0)


def test_address_found_by_extraction_does_not_tear_a_source_apart(spark):
    corpus = _frame(spark, [("in/a.html", "https://a.org/1")])
    quarantined = _frame(spark, [("in/b/x.html", None)])
    totals = Totals(documents_in=2, kept=1, dropped=0, quarantined=1)
    listed, _ = source_table(corpus, corpus.limit(0), quarantined, "in/", totals)
    flows = {flow.source: (flow.documents_in, flow.kept, flow.quarantined) for flow in listed}
    assert flows == {"a.org": (1, 1, 0), "b": (1, 0, 1)}
