"""The pages under their addresses: an application that any ASGI server runs."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from jobs.runtime.errors import CorpusmillError, InputError
from jobs.serving.ask_page import ask
from jobs.serving.basket_page import basket, csv_file, exclusions_file, labelled_file, mark
from jobs.serving.browse_page import browse
from jobs.serving.document_page import document, raw
from jobs.serving.duplicates_page import cluster, clusters
from jobs.serving.guard import Guard, same
from jobs.serving.rendering import SCRIPT, own_resource, stylesheet
from jobs.serving.served_run import ServedRun
from jobs.serving.thresholds_page import recipe_file, thresholds
from jobs.serving.views import Handler, Site, View

MOST_FORM_BYTES = 1 << 17  # an address of a long question, written twice over
PAGES: dict[str, Handler] = {
    "/ask": ask,
    "/browse": browse,
    "/document/{id:int}": document,
    "/document/{id:int}/raw": raw,
    "/thresholds": thresholds,
    "/thresholds/recipe.yaml": recipe_file,
    "/duplicates": clusters,
    "/duplicates/{id:int}": cluster,
    "/basket": basket,
    "/basket/marks.csv": csv_file,
    "/basket/labelled.parquet": labelled_file,
    "/basket/exclusions.yaml": exclusions_file,
}
FORMS: dict[str, Handler] = {"/document/{id:int}/mark": mark}


def build_application(runs: Mapping[str, ServedRun], host: str, token: str | None) -> ASGIApp:
    """Return the application.

    Args:
        runs: By the name that their pages have.
        host: The address it listens on.
        token: What a visitor must bring, if anything.
    """
    site = Site(runs)
    routes: list[BaseRoute] = [
        Route("/", functools.partial(_start, site)),
        Route("/static/style.css", _style),
        Route("/static/page.js", _script),
        Route("/{run}", _first_page, name="first page"),
    ]
    routes += [Route("/{run}" + path, _answering(site, page)) for path, page in PAGES.items()]
    routes += [
        Route("/{run}" + path, _answering(site, form), methods=["POST"])
        for path, form in FORMS.items()
    ]
    faults = (HTTPException, CorpusmillError, Exception)
    pages = Starlette(
        routes=routes,
        exception_handlers={fault: functools.partial(_failed, site) for fault in faults},
    )
    return Guard(pages, host, token)  # outermost: what breaks has the headers, too


def _start(site: Site, request: Request) -> Response:
    """The only run, or all that there are."""
    if len(site.runs) == 1:
        return RedirectResponse(request.url_for("first page", run=next(iter(site.runs))).path)
    counts = {name: run.catalogue().counts() for name, run in site.runs.items()}
    return site.render("runs.html.j2", title="Runs", counts=counts)


def _style(_: Request) -> Response:
    return Response(stylesheet(), media_type="text/css")


def _script(_: Request) -> Response:
    return Response(own_resource(SCRIPT), media_type="text/javascript")


def _first_page(request: Request) -> Response:
    return RedirectResponse(f"{request.url.path}/ask")


def _answering(site: Site, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        name = request.path_params["run"]
        if name not in site.runs:
            raise HTTPException(404, f"No run {name} is served here.")
        form = await _form(request, site) if request.method == "POST" else {}
        view = View(site, site.runs[name], dict(request.query_params), request.path_params, form)
        return await run_in_threadpool(handler, view)

    return answer


async def _form(request: Request, site: Site) -> dict[str, str]:
    """Return the fields of a form of our own pages.

    Raises:
        HTTPException: It is too long, no form, or of somebody else's page.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM_BYTES:
            raise HTTPException(413, f"A form holds at most {MOST_FORM_BYTES:,} bytes.")
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if not same(fields.pop("form_token", ""), site.form_token):
        raise HTTPException(
            403, "This form is of an older start of `corpusmill serve`: go back, reload the page, "
            "and send it again."
        )  # fmt: skip
    return fields


def _failed(site: Site, _: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return site.render("fault.html.j2", error.status_code, title="Not here", fault=error.detail)
    title, status = "This cannot be shown", 400 if isinstance(error, InputError) else 500
    if isinstance(error, CorpusmillError):
        return site.render("fault.html.j2", status, title=title, fault=str(error))
    fault = (
        f"{type(error).__name__}: {error}. This is a fault of corpusmill, not of yours: please report it "
        "with what the terminal shows."
    )
    return site.render("fault.html.j2", status, title=title, fault=fault)
