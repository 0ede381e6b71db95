"""What every page has: the run, the words of its address, and how an answer is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

from jobs.serving.marks import Mark, marks_by_id, read_marks
from jobs.serving.rendering import serving_environment
from jobs.serving.served_run import ServedRun


@dataclass(frozen=True)
class Site:
    """All runs that are served, and the secret that forms of our own pages carry."""

    runs: Mapping[str, ServedRun]
    environment: Environment = field(default_factory=serving_environment)
    form_token: str = field(default_factory=token_urlsafe)

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        text = self.environment.get_template(template).render(
            runs=list(self.runs), form_token=self.form_token, **values
        )
        return HTMLResponse(text, status_code=status)


@dataclass(frozen=True)
class View:
    """One request about one run.

    Attributes:
        site: The site.
        run: The run.
        given: Parameters of the address; of several with one name the last.
        path: Parameters in the path.
        form: Fields of a form that was sent; empty for a page that is only looked at.
    """

    site: Site
    run: ServedRun
    given: Mapping[str, str]
    path: Mapping[str, Any]
    form: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def marks(self) -> pa.Table:
        """The run's marks; see :func:`jobs.serving.marks.read_marks`."""
        return read_marks(self.run.tables.output)

    @cached_property
    def marks_by_id(self) -> dict[int, Mark]:
        """The same by document."""
        return marks_by_id(self.marks)

    @property
    def root(self) -> str:
        """The beginning of the addresses of the run's pages."""
        return f"/{quote(self.run.name)}"

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page of the run."""
        return self.site.render(
            template,
            status,
            run=self.run.name,
            root=self.root,
            marked=self.marks.num_rows,
            **values,
        )

    def see_other(self, address: str) -> Response:
        """Return where a browser goes after a form, so that going back sends nothing twice."""
        return RedirectResponse(self.root + address, status_code=303)


Handler = Callable[[View], Response]


def whole_number(text: str | None) -> int:
    """Return a number that an address gives, 0 and more; 0 for anything else, and for what is too long."""
    given = text or ""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 20 else 0
