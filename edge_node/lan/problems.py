"""Failures as problem documents (RFC 9457): what is wrong, with which field, and what to do."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from edge_node.ports.requests import KeyReused
from retail.errors import Fatal, NeedsAttention, Refused, Retryable
from retail.text import printable

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
FIELDS_MAX = 20


class FieldProblem(BaseModel):
    """What is wrong with one field of the request."""

    field: str
    problem: str
    remedy: str


class Problem(BaseModel):
    """A problem document."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = Field(default_factory=list)


class NotFound(Exception):
    """There is no such thing. ``what`` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


_DOCUMENT = {"model": Problem, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The problem documents of an endpoint, for OpenAPI."""
    texts = {
        400: "The request cannot be read.",
        404: "There is no such thing.",
        409: "The key was used before, with another content.",
        413: "The request is too large.",
        422: "The request is refused; the document names the fields and what to do.",
        503: "The box cannot do it now; try again.",
    }
    return {status: {**_DOCUMENT, "description": texts[status]} for status in (*statuses, 503)}


def install(app: FastAPI) -> None:
    """Answer every failure of ``app`` with a problem document."""

    @app.exception_handler(KeyReused)
    async def key_reused(request: Request, error: KeyReused) -> JSONResponse:
        return _answer(request, 409, "Key used before", str(error), [error])

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        return _answer(request, 422, "Refused", str(error), [error])

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [_from_validation(detail) for detail in error.errors()[:FIELDS_MAX]]
        return _answer(
            request, 422, "Refused", str(problems[0]) if problems else "the request is not readable", problems
        )

    @app.exception_handler(NotFound)
    async def not_found(request: Request, error: NotFound) -> JSONResponse:
        return _answer(request, 404, "Not found", f"{error.what} is not known here")

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        return _answer(
            request, error.status_code, str(error.detail), str(error.detail), headers=dict(error.headers or {})
        )

    @app.exception_handler(Retryable)
    async def retryable(request: Request, error: Retryable) -> JSONResponse:
        return _answer(request, 503, "Try again", error.problem, headers={"Retry-After": str(RETRY_AFTER_S)})

    @app.exception_handler(NeedsAttention)
    async def needs_attention(request: Request, error: NeedsAttention) -> JSONResponse:
        log.error("a request failed", path=request.url.path, problem=str(error))
        return _answer(request, 503, "Needs attention", str(error))

    @app.exception_handler(Fatal)
    async def fatal(request: Request, error: Fatal) -> JSONResponse:
        log.critical("a request failed", path=request.url.path, problem=str(error))
        return _answer(request, 500, "Stopped", str(error))

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        # Whoever serves the application logs it, with its trace.
        return _answer(request, 500, "Fault", "this is a fault of the box, not of the request: tell support")


def _answer(
    request: Request,
    status: int,
    title: str,
    detail: str,
    problems: list[Refused] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    request.app.state.box.metrics.refusals.labels(str(status)).inc()
    errors = [FieldProblem(field=each.field, problem=each.problem, remedy=each.remedy) for each in problems or []]
    problem = Problem(title=title, status=status, detail=printable(detail), errors=errors)
    return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)


def _from_validation(detail: dict[str, object]) -> Refused:
    location = detail.get("loc", ())
    parts = [str(part) for part in location] if isinstance(location, tuple | list) else []
    if detail.get("type") == "json_invalid":
        return Refused("body", "it is not JSON", "send a JSON document")
    field = ".".join(parts[1:] or parts)[:120]
    return Refused(
        printable(field), printable(str(detail.get("msg", "not valid")))[:200], "correct it, see /openapi.json"
    )
