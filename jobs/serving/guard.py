"""Who may ask the page for what: names of this machine, a token, and forms of our own pages only."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "corpusmill_token"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-cache",
}


def is_loopback(host: str) -> bool:
    """Say whether an address to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def same(given: str, wanted: str) -> bool:
    """Compare secrets in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


class Guard:
    """Middleware that answers strangers itself and gives every answer its headers."""

    def __init__(self, app: ASGIApp, host: str, token: str | None) -> None:
        """Guard an application.

        Args:
            app: The application.
            host: The address it listens on.
            token: What a visitor must bring; None where only this machine reaches it.
        """
        self.app, self.host, self.token = app, host, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope, Headers(scope=scope))
        await (refusal or self.app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        if not self._knows(headers.get("host", "")):
            # A page of a stranger whose name was pointed at this machine (DNS rebinding).
            return PlainTextResponse(
                f"The name in this address is none of this page's. Open it as http://{self.host}/ "
                "with its port.\n",
                status_code=421,
            )
        if self.token is None:
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(query).get("token")
        if given is not None and same(given, self.token):
            return self._entered(scope, [pair for pair in query if pair[0] != "token"])
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        if cookie is not None and same(cookie.value, self.token):
            return None
        return PlainTextResponse(
            "This page wants its token: open the address that `corpusmill serve` printed.\n",
            status_code=403,
        )

    def _knows(self, host: str) -> bool:
        """An address in numbers cannot be pointed elsewhere; of names only our own are known."""
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.removeprefix("[").removesuffix("]")
        if name in ("localhost", self.host):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _entered(self, scope: Scope, rest: list[tuple[str, str]]) -> Response:
        """Keep the token in a cookie, so that it stands in no address that is copied on."""
        address = scope["path"] + (f"?{urlencode(rest)}" if rest else "")
        # Two slashes at the beginning would name another machine.
        response = RedirectResponse("/" + address.lstrip("/\\"), status_code=303)
        response.set_cookie(COOKIE, self.token or "", httponly=True, samesite="lax", path="/")
        return response
