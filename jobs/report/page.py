"""report.html: the report's facts through a template, everything inside one file."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import inspect
import pickle
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FunctionLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from jobs.report import page_text
from jobs.report.duplicate_sources import alarm_sentence
from jobs.report.histogram_drawing import HEIGHT, WIDTH, draw
from jobs.report.movers import movers
from jobs.report.report_model import Report, RuleFacts
from jobs.runtime import amounts
from jobs.runtime.cache_folder import cache_folder
from jobs.runtime.visible_text import visible
from jobs.verdicts.thresholds import MINIMUM_DOCUMENTS

TEMPLATE = "report.html.j2"
STYLE = "report.css"
SCRIPT = "report.js"


def render_page(report: Report) -> str:
    """Return the page of a report; it needs no network and no other file, and reads without script."""
    script = page_resource(SCRIPT)
    languages = list(report.languages)
    drawings = {
        signal: draw(signal, histogram, languages)
        for signal, histogram in report.histograms.items()
    }
    return rendered(
        TEMPLATE,
        report=report,
        script=Markup(script),
        # Whatever a document might smuggle in, a browser runs this script only.
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        movers={
            signal: movers(
                number, histogram, [rule for rule in report.rules if rule.signal == signal]
            )
            for number, (signal, histogram) in enumerate(report.histograms.items(), start=1)
        },
        drawings=drawings,
        drawing_size=(WIDTH, HEIGHT),
        minimum_documents=MINIMUM_DOCUMENTS,
        rules={rule.reason: rule for rule in report.rules},
        settings=list(page_text.flat_settings(report.recipe.settings)),
        seconds=sum(stage.seconds for stage in report.stages),
    )


def rendered(template: str, **facts: Any) -> str:
    """Return a page of ours in the report's style, with a line end behind it.

    Args:
        template: One of this folder.
        facts: What it speaks of, by the names it has for them.
    """
    # Our own file: escaping would break its quotes.
    style = Markup(page_resource(STYLE))
    text = page_environment().get_template(template).render(style=style, **facts)
    return text if text.endswith("\n") else text + "\n"


def reason_sentence(reason: str, rules: dict[str, RuleFacts]) -> str:
    """Return what a reason means: its rule in words, or why no rule was asked."""
    if reason in page_text.OTHER_REASONS:
        return page_text.OTHER_REASONS[reason]
    return page_text.rule_sentence(rules[reason]) if reason in rules else ""


def breakable(name: str) -> Markup:
    """Return text that a browser may break after dots and underscores, rather than inside a word."""
    text = str(escape(visible(name)))
    return Markup(text.replace("_", "_<wbr>").replace(".", ".<wbr>"))


def page_environment() -> Environment:
    """Return the environment of our pages: values escaped, invisible characters shown, our filters."""
    environment = Environment(
        loader=FunctionLoader(page_resource),
        bytecode_cache=_CompiledPages(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "number": amounts.whole_number,
        "measure": amounts.measure,
        "size": amounts.size,
        "rounded": amounts.rounded,
        "duration": amounts.duration,
        "breakable": breakable,
        "language_tag": page_text.language_tag,
        "words": lambda name: name.replace("_", " "),
    }
    environment.globals |= {
        "share": amounts.share,
        "percent": amounts.percent,
        "reason_sentence": reason_sentence,
        "alarm_sentence": alarm_sentence,
    }
    return environment


class _CompiledPages(FileSystemBytecodeCache):
    """Templates compiled once for a user: else a sixth of a processor second in every run."""

    def __init__(self) -> None:
        # How a template is compiled hangs on the environment's settings, which stand in this file.
        state = hashlib.sha256(inspect.getsource(sys.modules[__name__]).encode()).hexdigest()[:16]
        super().__init__(str(cache_folder() / "pages"), f"%s-{state}.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):  # a read-only home costs only time
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


def _finalize(value: object) -> object:
    """Make invisible and reordering characters of every printed value visible."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


def page_resource(name: str) -> str:
    """Return a file of this folder as text."""
    # importlib.resources also reads from the zip given to spark-submit's --py-files.
    return resources.files("jobs.report").joinpath(name).read_text(encoding="utf-8")
