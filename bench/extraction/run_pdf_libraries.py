"""Runs in the peers' own environment: PDF libraries over files, one JSON line a library.

`python run_pdf_libraries.py OUTPUT.jsonl FILE.pdf ...` with pypdf and pdfplumber; both are compared here
and are no dependencies of ours. pdfplumber writes its ruled tables as Markdown after each page's text.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pdfplumber
import pypdf


def main() -> None:
    """Read every file with every library and time it."""
    output, *paths = sys.argv[1:]
    with Path(output).open("w") as lines:
        for name, reader in {"pypdf": read_with_pypdf, "pdfplumber": read_with_pdfplumber}.items():
            started = time.process_time()
            texts = [reader(path) for path in paths]
            cost = time.process_time() - started
            found = {"system": f"{name} {version(name)}", "cpu_s": cost, "texts": texts}
            lines.write(json.dumps(found) + "\n")


def read_with_pypdf(path: str) -> str:
    """Return the plain text of all pages."""
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def read_with_pdfplumber(path: str) -> str:
    """Return text and tables of all pages."""
    parts = []
    with pdfplumber.open(path) as document:
        for page in document.pages:
            parts.append(page.extract_text())
            for table in page.extract_tables():
                rows = [[" ".join((cell or "").split()) for cell in row] for row in table]
                lines = [f"| {' | '.join(row)} |" for row in rows]
                lines.insert(1, "|" + " --- |" * max(map(len, rows), default=1))
                parts.append("\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
