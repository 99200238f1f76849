"""The API's description as a page for people: made from ``/openapi.json``, asks no other machine for anything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from web_kit.assets import Assets
from web_kit.pages import Pages

PREFIX = "/docs/static"
_HERE = Path(__file__).parent
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Field:
    """A parameter or a property: ``kind`` in words, ``schema`` the name of what it holds, if that has one."""

    name: str
    kind: str
    schema: str
    required: bool
    about: str


@dataclass(frozen=True)
class Operation:
    """What one method of one path does."""

    key: str
    method: str
    path: str
    summary: str
    about: str
    fields: tuple[Field, ...]
    body: Field | None
    answers: tuple[Field, ...]


def router() -> APIRouter:
    """``/docs`` and its style sheets."""
    routes = APIRouter(include_in_schema=False)
    assets = Assets(PREFIX, [_HERE / "static"])
    pages = Pages(_HERE / "templates", assets)
    routes.routes.append(assets.route())

    @routes.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        document = request.app.openapi()
        schemas = document.get("components", {}).get("schemas", {})
        text = pages.render(
            "api_docs.html",
            title=document["info"]["title"],
            version=document["info"]["version"],
            about=document["info"].get("description", ""),
            operations=list(operations(document)),
            schemas={
                name: (schema.get("description", ""), list(properties(schema)))
                for name, schema in sorted(schemas.items())
            },
        )
        return HTMLResponse(text, headers=pages.headers)

    return routes


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """The operations of an OpenAPI document, in its order."""
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield _operation(path, method, methods[method])


def properties(schema: Mapping[str, Any]) -> Iterator[Field]:
    """The properties of an object's schema."""
    required = schema.get("required", ())
    for name, described in schema.get("properties", {}).items():
        yield _field(name, described, name in required, described.get("description", ""))


def _operation(path: str, method: str, described: Mapping[str, Any]) -> Operation:
    fields = tuple(
        _field(part["name"], part["schema"], part.get("required", False),
               part["schema"].get("description", part.get("description", "")))
        for part in described.get("parameters", ())
    )  # fmt: skip
    body = described.get("requestBody")
    answers = tuple(
        _field(status, _content(answer), False, answer.get("description", ""))
        for status, answer in sorted(described["responses"].items())
    )
    return Operation(
        key=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described.get("summary", ""),
        about=described.get("description", ""),
        fields=fields,
        body=_field("body", _content(body), body.get("required", False), "") if body else None,
        answers=answers,
    )


def _content(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    schemas = [content["schema"] for content in holder.get("content", {}).values() if "schema" in content]
    return schemas[0] if schemas else {}


def _field(name: str, schema: Mapping[str, Any], required: bool, about: str) -> Field:
    kind, target = _kind(schema)
    return Field(name, kind, target, required, about)


def _kind(schema: Mapping[str, Any]) -> tuple[str, str]:
    """A schema in words, and the name of the schema that it refers to."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return name, name
    if "anyOf" in schema:
        parts = [_kind(part) for part in schema["anyOf"]]
        return " or ".join(kind for kind, _ in parts), next((target for _, target in parts if target), "")
    if schema.get("type") == "array":
        kind, target = _kind(schema.get("items", {}))
        return f"list of {kind}", target
    if "enum" in schema:
        return ", ".join(repr(value) for value in schema["enum"]), ""
    kind = schema.get("format") or schema.get("type") or "anything"
    return ("none" if kind == "null" else str(kind)), ""
