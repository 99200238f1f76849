"""Errors over HTTP: RFC 9457 problem documents that name the field and say what to do.

``{"type", "title", "status", "detail", "errors": [{"field", "problem", "remedy"}]}``; never a stack trace, never more
of the input than the library's own refusals repeat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, TimeoutError
from starlette.exceptions import HTTPException

from central.platform.engine import is_away
from retail.errors import NeedsAttention, Refused, Retryable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
ERRORS_MAX = 20

log = structlog.get_logger(__name__)

_REMEDIES = {
    "missing": "add it",
    "extra_forbidden": "leave it out",
    "json_invalid": "send valid JSON",
    "int_type": "give a whole number",
    "int_parsing": "give a whole number",
    "int_from_float": "give a whole number",
    "bool_type": "give true or false",
    "string_type": "give a text",
    "string_too_long": "shorten it",
    "too_long": "send less at once",
    "uuid_parsing": "give a UUID",
    "uuid_type": "give a UUID",
}
_OTHER_REMEDY = "see the schema at /openapi.json"


class FieldProblem(BaseModel):
    """One input that is wrong, and what to give instead."""

    field: str
    problem: str
    remedy: str


class ProblemDocument(BaseModel):
    """An error as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[FieldProblem] = []


@dataclass(eq=False)
class Problem(Exception):
    """Raise it to answer with this problem."""

    status: int
    kind: str
    title: str
    detail: str = ""
    errors: Sequence[FieldProblem] = ()
    retry_after_s: int | None = None

    def response(self) -> JSONResponse:
        """The answer to send."""
        document = ProblemDocument(
            type=f"urn:tillway:problem:{self.kind}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            errors=list(self.errors),
        )
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return JSONResponse(document.model_dump(), self.status, headers, MEDIA_TYPE)


def not_found(what: str) -> Problem:
    """There is no such thing."""
    return Problem(404, "not-found", f"There is no such {what}.")


def conflict(detail: str) -> Problem:
    """The request contradicts what is already so."""
    return Problem(409, "conflict", "The request contradicts what is already so.", detail)


def documented(*statuses: int) -> Mapping[int | str, dict[str, object]]:
    """The ``responses`` of a route that may answer with these statuses, and with 422 and 503 as any may."""
    return {
        status: {"model": ProblemDocument, "description": _DESCRIPTIONS[status], "content": {MEDIA_TYPE: {}}}
        for status in (*statuses, 422, 503)
    }


_DESCRIPTIONS = {
    404: "There is no such thing.",
    409: "The request contradicts what is already so.",
    413: "The request is too large.",
    422: "The input is wrong; every error names its field and the remedy.",
    503: "The database is away; try again after the seconds of Retry-After.",
}


def install(app: FastAPI) -> None:
    """Make ``app`` answer every error with a problem document."""
    app.add_exception_handler(Exception, _answer)
    for kind in (Problem, Refused, Retryable, NeedsAttention, RequestValidationError, HTTPException, DBAPIError,
                 TimeoutError, ConnectionError):  # fmt: skip
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    return as_problem(error).response()


def as_problem(error: Exception) -> Problem:
    """The problem that tells a caller about ``error``."""
    match error:
        case Problem():
            return error
        case Refused():
            field = FieldProblem(field=error.field, problem=error.problem, remedy=error.remedy)
            return Problem(422, "refused", "The input is wrong.", str(error), [field])
        case RequestValidationError():
            return _invalid(error)
        case HTTPException(status_code=400):
            # The framework's only 400: a body that is not even text.
            unreadable = FieldProblem(field="body", problem="it cannot be read", remedy="send JSON in UTF-8")
            return Problem(422, "invalid", "The input does not have the right form.", "", [unreadable])
        case HTTPException():
            return Problem(error.status_code, "http", error.detail)
        case NeedsAttention():
            return Problem(409, "needs-attention", error.problem, error.remedy)
        case Retryable():
            return Problem(503, "try-again", "Not now.", error.problem, retry_after_s=RETRY_AFTER_S)
    if is_away(error):
        return Problem(
            503, "database-away", "The database is away.", "nothing was changed; try again", retry_after_s=RETRY_AFTER_S
        )
    log.error("unexpected error", exc_info=error)
    return Problem(500, "unexpected", "Something unexpected went wrong.", "it is in the log")


def _invalid(error: RequestValidationError) -> Problem:
    errors = [
        FieldProblem(
            field=_field(finding["type"], finding["loc"]),
            problem=str(finding["msg"])[:200],
            remedy=_REMEDIES.get(finding["type"], _OTHER_REMEDY),
        )
        for finding in error.errors()[:ERRORS_MAX]
    ]
    detail = f"{errors[0].field}: {errors[0].problem}; {errors[0].remedy}" if errors else ""
    return Problem(422, "invalid", "The input does not have the right form.", detail, errors)


def _field(kind: str, place: Sequence[int | str]) -> str:
    """The input's name as a path, such as ``lines.0.quantity``; of broken JSON only an offset would be known."""
    parts = [] if kind == "json_invalid" else [str(part) for part in place if part != "body"]
    return ".".join(parts)[:200] or "body"
