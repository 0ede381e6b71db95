"""The two pictures of the README, made from the demo: `python -m examples.make_pictures docs/pictures`.

The report of the bundled sample (after `make demo`) and the page of `corpusmill serve` on the drug pair,
in the system's Chromium (or playwright's), at half size.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "demo-output" / "run" / "report.html"
PHRASE = "metformin combined with chlorpromazine for diabetes"
PATIENCE_S = 60


def main() -> None:
    """Write report.png and trace.png into the folder named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    if not REPORT.is_file():
        raise SystemExit(f"{REPORT.relative_to(ROOT)} is not there: run `make demo` first")
    system = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=system)
        page = browser.new_page(viewport={"width": 1000, "height": 720}, device_scale_factor=0.75)
        page.goto(REPORT.as_uri())
        page.screenshot(path=folder / "report.png")
        run = Path(scratch) / "pair"
        # Sources are shown as they were named: by a path that is the same everywhere.
        for words in (["run", "examples/drug_pair", str(run)], ["index", str(run)]):
            subprocess.run(command(*words, "--quiet"), check=True, cwd=ROOT)
        take_trace(page, run, folder / "trace.png")
        browser.close()


def take_trace(page: Page, run: Path, path: Path) -> None:
    """Take the page that answers which documents hold the pair."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(command("serve", str(run), "--port", str(port))) as server:
        try:
            address = f"http://127.0.0.1:{port}/{run.name}/ask?q={quote(PHRASE)}"
            wait_for(address)
            page.goto(address)
            page.screenshot(path=path)
        finally:
            server.terminate()


def wait_for(address: str) -> None:
    """Ask until the server answers."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            urlopen(address).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def command(*words: str) -> list[str]:
    """Return the command line of `corpusmill`."""
    return [sys.executable, "-m", "jobs.command_line", *words]


if __name__ == "__main__":
    main()
