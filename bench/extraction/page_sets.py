"""The pages that benches of extraction read, and what their gold text says."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from typing import Any

from bench.shared_folder import DATA

QUICK_PAGES = 120


Page = tuple[bytes, dict[str, Any]]


def wcxb_pages(limit: int | None) -> list[Page]:
    paths = sorted((DATA / "wcxb_dev/html").glob("*.html.gz"))
    random.Random(20).shuffle(paths)
    pages = []
    for path in paths[:limit]:
        gold = path.parents[1] / "ground-truth" / path.name.replace(".html.gz", ".json")
        truth = json.loads(gold.read_text())
        if "main_content" in truth["ground_truth"]:  # two pages have snippets only
            pages.append((gzip.decompress(path.read_bytes()), truth))
    return pages


def snippet_shares(counts: Counter[str]) -> dict[str, float]:
    wanted, unwanted = counts["kept"] + counts["lost"], counts["leaked"] + counts["removed"]
    return {
        "wanted_kept": round(counts["kept"] / max(1, wanted), 4),
        "unwanted_removed": round(counts["removed"] / max(1, unwanted), 4),
    }


def snippet_pages() -> list[Page]:
    folder = DATA / "html/blog_multi"
    gold = json.loads((folder / "cc_pages_gold.json").read_text())
    return [((folder / "cc_pages" / name).read_bytes(), wanted) for name, wanted in gold.items()]
