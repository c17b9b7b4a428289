"""The OpenAPI document for people: which routes there are, who may use them, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from service.access import RULES

Document: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A parameter, or a part of an answer; `shape` names the answer that its values have, if they have one."""

    name: str
    kind: str
    shape: str
    told: str


@dataclass(frozen=True)
class Answer:
    """What may come back."""

    status: str
    told: str
    shape: str


@dataclass(frozen=True)
class Route:
    """What can be asked for."""

    method: str
    path: str
    told: str
    who: str
    fields: tuple[Field, ...]
    bodies: tuple[str, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Shape:
    """What an answer holds."""

    name: str
    told: str
    fields: tuple[Field, ...]


def routes_of(document: Document) -> list[Route]:
    """List the routes of an OpenAPI document."""
    return [
        _route(path, method, asked) for path, of_path in document["paths"].items() for method, asked in of_path.items()
    ]


def shapes_of(document: Document) -> list[Shape]:
    """List the shapes that answers have."""
    return [
        Shape(
            name, schema.get("description", ""), tuple(_field(*each) for each in schema.get("properties", {}).items())
        )
        for name, schema in document["components"]["schemas"].items()
    ]


def _route(path: str, method: str, asked: Document) -> Route:
    rule = RULES[method.upper(), path]
    return Route(
        method=method.upper(),
        path=path,
        told=asked.get("description", asked["summary"]),
        who=rule.told if rule else "everybody",
        fields=tuple(_parameter(each) for each in asked.get("parameters", ())),
        bodies=tuple(asked.get("requestBody", {}).get("content", ())),
        answers=tuple(_answer(*each) for each in asked["responses"].items()),
    )


def _parameter(told: Document) -> Field:
    schema = {"description": told.get("description", "")} | told["schema"]
    field = _field(told["name"], schema)
    needed = "required" if told["required"] else "optional"
    return Field(field.name, f"{field.kind}, {needed}, in the {told['in']}", field.shape, field.told)


def _field(name: str, schema: Document) -> Field:
    kinds = [_kind(one) for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    shapes = [_shape(one) for one in schema.get("anyOf", [schema])]
    return Field(name, " or ".join(filter(None, kinds)), "".join(shapes), schema.get("description", ""))


def _kind(schema: Document) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}".rstrip()
    return str(schema.get("format") or schema.get("type") or ("" if "$ref" in schema else "any"))


def _answer(status: str, told: Document) -> Answer:
    schemas = [content.get("schema", {}) for content in told.get("content", {}).values()]
    return Answer(status, told["description"], next(filter(None, map(_shape, schemas)), ""))


def _shape(schema: Document) -> str:
    ref: str = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
    return ref.rpartition("/")[2]
