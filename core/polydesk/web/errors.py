"""What a person, or a program, is told when something goes wrong; never what is inside."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from polydesk import errors
from polydesk.i18n import _, render
from polydesk.web import htmx

log = logging.getLogger("polydesk.web")
STATUS: dict[type[Exception], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Invalid: 422,
    errors.Conflict: 409,
    errors.MissingReference: 409,
}


def explain(status: int) -> tuple[str, str]:
    """A heading and a sentence for a status."""
    match status:
        case 403:
            return _("Not yours to open"), _("You lack the right to do this. An admin can give it to you.")
        case 404:
            return _("Nothing here"), _("It does not exist, or it is not yours to see.")
        case 405:
            return _("Nothing here"), _("This address does not take that kind of request.")
        case 409:
            return _("Someone was faster"), _("This changed meanwhile. Load the page again and look.")
        case 413:
            return _("Too large"), _("That is more than this desk takes at once.")
        case 422 | 400:
            return _("That did not work"), _("Something in the request cannot be used.")
        case _:
            return _("Something broke"), _("It is not your fault. It was written down; try again in a moment.")


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer any exception: a page, a fragment for htmx, or a problem document (RFC 9457) for programs."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 0)
    status = status or (error.status_code if isinstance(error, HTTPException) else 500)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    title, sentence = explain(status)
    if isinstance(error, errors.PolydeskError) and str(error) and status != 500:
        sentence = render(error.words) if error.words else str(error)
    if isinstance(error, HTTPException) and error.detail == "csrf":
        title, sentence = _("This page is too old"), _("Go back, load the page again, and send the form once more.")
    reference = ""
    if status >= 500:
        reference = secrets.token_hex(4)
        log.error("%s %s failed (%s)", request.method, request.url.path, reference, exc_info=error)
    if not _reads_html(request):
        return _problem(request, status, title, sentence, reference, headers)
    if status == 401:
        return _to_sign_in(request)
    context = {"title": title, "sentence": sentence, "reference": reference, "status": status}
    headers["Cache-Control"] = "no-store"
    if htmx.target(request):
        headers |= {"HX-Retarget": "#problem", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"}
        return Response(
            htmx.render(request, "parts/problem.html", **context),
            status_code=status,
            media_type=MediaType.HTML,
            headers=headers,
        )
    return Response(
        htmx.render(request, "problem.html", **context), status_code=status, media_type=MediaType.HTML, headers=headers
    )


def _reads_html(request: Request[Any, Any, Any]) -> bool:
    if request.url.path.startswith("/api/"):
        return False
    return request.headers.get("hx-request") == "true" or "text/html" in request.headers.get("accept", "")


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    path = f"/sign-in?next={quote(wanted, safe='')}" if request.method == "GET" and wanted != "/" else "/sign-in"
    if request.headers.get("hx-request") == "true":
        return Response(b"", status_code=200, headers={"HX-Redirect": "/sign-in"})
    return Response(
        b"", status_code=303, media_type=MediaType.TEXT, headers={"Location": path, "Cache-Control": "no-store"}
    )


def _problem(
    request: Request[Any, Any, Any], status: int, title: str, sentence: str, reference: str, headers: dict[str, str]
) -> Response[bytes]:
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
    if reference:
        body["reference"] = reference
    if status not in set(HTTPStatus):
        status = 500
    return Response(
        msgspec.json.encode(body), status_code=status, media_type="application/problem+json", headers=headers
    )
