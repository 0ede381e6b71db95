"""Write the sample crawl: `python -m examples.make_sample OUTPUT_FOLDER`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from examples.sample.crawl import expected_outcomes, sample_documents, write_crawl
from examples.sample.demo_companions import write_companions


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what the command line asks for.

    Args:
        arguments: Command line without the program's name; None reads sys.argv.

    Returns:
        Exit status: 0.
    """
    parser = argparse.ArgumentParser(
        prog="python -m examples.make_sample",
        description="Write the small crawl on which `make demo` and the tests run.",
    )
    parser.add_argument(
        "output_folder",
        type=Path,
        nargs="?",
        help="folder for the crawl's files; made if absent; must hold nothing but an earlier run's files",
    )
    parser.add_argument(
        "--companions",
        type=Path,
        metavar="FOLDER",
        help="also write what a run of it can be given: labelled texts, a benchmark, a list of domains",
    )
    parser.add_argument(
        "--expected-outcomes",
        type=Path,
        metavar="FILE",
        help="also write what must become of each document, as YAML",
    )
    options = parser.parse_args(arguments)
    if not (options.output_folder or options.companions or options.expected_outcomes):
        parser.error("give an OUTPUT_FOLDER, --companions FOLDER or --expected-outcomes FILE")
    if options.output_folder is not None:
        try:
            paths = write_crawl(options.output_folder)
        except FileExistsError as error:
            parser.error(str(error))
        size = sum(path.stat().st_size for path in paths)
        print(f"{len(paths)} files, {size / 1e6:.2f} MB in {options.output_folder}")
    if options.companions is not None:
        print(f"{len(write_companions(options.companions))} files in {options.companions}")
    if options.expected_outcomes is not None:
        text = expected_outcomes(sample_documents())
        options.expected_outcomes.write_text(text, encoding="utf-8")
        print(f"expectations in {options.expected_outcomes}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
