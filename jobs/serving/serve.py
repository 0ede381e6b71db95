"""`corpusmill serve`: runs behind a local page; imports a web server when it is called, not before."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

from jobs.command.running import show
from jobs.runtime.errors import InputError, MissingRequirementError, SettingsError

if TYPE_CHECKING:
    import uvicorn

SHORTEST_TOKEN = 16


def serve_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill serve`; returns when it is stopped.

    Raises:
        SettingsError: It would be reached from other machines without a token.
        MissingRequirementError: The extra ``serve`` is not installed, or the port is taken.
        InputError: A run is not finished.
    """
    try:
        import uvicorn

        from jobs.serving.application import build_application
        from jobs.serving.guard import is_loopback
        from jobs.serving.warming import warm_in_background
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise MissingRequirementError(
            f"`corpusmill serve` needs {error.name}, which is not installed: pip install 'corpusmill[serve]'"
        ) from error
    from jobs.serving.served_run import named_runs

    host, token = arguments.host, checked_token(arguments.token)
    if token is None and not is_loopback(host):
        raise SettingsError(
            f"--host {host} is reached from other machines, and the page shows every document: give "
            "--token SECRET too, or leave --host out and listen on 127.0.0.1"
        )
    runs = named_runs(arguments.runs)
    application = build_application(runs, host, token)
    warm_in_background(runs.values())
    shown_host = f"[{host}]" if ":" in host else host
    address = f"http://{shown_host}:{arguments.port}/" + (f"?token={quote(token)}" if token else "")
    show(f"corpusmill: {', '.join(runs)} at {address} (ends with Ctrl-C)", sys.stderr)
    _listen(
        uvicorn.Config(
            application,
            host=host,
            port=arguments.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            # A page of a browser that is still open would hold the end up.
            timeout_graceful_shutdown=1,
        )
    )
    return None


def _listen(configuration: uvicorn.Config) -> None:
    """Answer until it is stopped."""
    import uvicorn

    try:
        uvicorn.Server(configuration).run()
    except SystemExit as error:
        raise InputError(
            f"--port {configuration.port} of {configuration.host} cannot be listened on: another program "
            "has it, or this user may not. Give another --port."
        ) from error
    except KeyboardInterrupt:  # how it is meant to end
        pass


def checked_token(token: str | None) -> str | None:
    """Return a token that can stand in an address and a cookie.

    Raises:
        SettingsError: It is too short, or has other characters than letters, digits, ``-`` and ``_``.
    """
    if token is None:
        return None
    plain = token.isascii() and token.replace("-", "").replace("_", "").isalnum()
    if len(token) < SHORTEST_TOKEN or not plain:
        raise SettingsError(
            f"--token of {len(token)} characters: wanted {SHORTEST_TOKEN} or more letters, digits, - and _, "
            "for example from `openssl rand -hex 16`"
        )
    return token
