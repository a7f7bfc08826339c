"""Checking a document against a JSON Schema, as far as our own schemas go, and fast for millions of numbers.

Known words: type, const, enum, required, properties, additionalProperties, items, minItems, maxItems, minimum,
maximum, maxLength, pattern, oneOf by a constant field, and $ref into $defs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class NotValid(ValueError):
    """Says where in the document and what is wrong, in a few words."""


def load(place: Path) -> Schema:
    """The schema in a file of the package."""
    schema: Schema = json.loads(place.read_text(encoding="utf-8"))
    return schema


def check(value: object, schema: Schema, whole: Schema | None = None, where: str = "it") -> None:
    """Raise NotValid at the first thing in ``value`` that ``schema`` does not allow."""
    whole = schema if whole is None else whole
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        schema = _chosen(value, schema["oneOf"], whole, where)
    _type(value, schema, where)
    if "const" in schema and value != schema["const"]:
        raise NotValid(f"{where} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        raise NotValid(f"{where} is none of {', '.join(map(str, schema['enum']))}")
    if isinstance(value, dict):
        _object(value, schema, whole, where)
    elif isinstance(value, list):
        _array(value, schema, whole, where)
    elif isinstance(value, str):
        _string(value, schema, where)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _range([value], schema, where)


def _chosen(value: object, choices: list[Schema], whole: Schema, where: str) -> Schema:
    """The one of the choices whose field with a constant has the value that this object has there."""
    if not isinstance(value, dict):
        raise NotValid(f"{where} is not an object")
    for choice in choices:
        found: Schema = whole["$defs"][choice["$ref"].rpartition("/")[2]]
        constants = {name: each["const"] for name, each in found["properties"].items() if "const" in each}
        if all(value.get(name) == constant for name, constant in constants.items()):
            return found
    raise NotValid(f"{where} is of an unknown kind")


def _type(value: object, schema: Schema, where: str) -> None:
    names = schema.get("type", list(_TYPES))
    names = [names] if isinstance(names, str) else names
    fits = any(type(value) in _TYPES[name] for name in names)
    if not fits:
        raise NotValid(f"{where} is not {' or '.join(names)}")


def _object(value: dict[str, Any], schema: Schema, whole: Schema, where: str) -> None:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            raise NotValid(f"{where} lacks {name!r}")
    for name, inner in value.items():
        if name in known:
            check(inner, known[name], whole, name)
        elif schema.get("additionalProperties", True) is False:
            raise NotValid(f"{where} has {name[:40]!r}, which is unknown")


def _array(value: list[Any], schema: Schema, whole: Schema, where: str) -> None:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        raise NotValid(f"{where} has {len(value)} entries")
    items = schema.get("items")
    if items is not None and items.get("type") == "integer":
        if not set(map(type, value)) <= {int}:
            raise NotValid(f"{where} holds what is no whole number")
        _range([min(value), max(value)] if value else [], items, where)
    elif items is not None:
        for inner in value:
            check(inner, items, whole, where)


def _string(value: str, schema: Schema, where: str) -> None:
    if len(value) > schema.get("maxLength", len(value)):
        raise NotValid(f"{where} is too long")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise NotValid(f"{where} is not of the right form")


def _range(values: list[int | float], schema: Schema, where: str) -> None:
    low, high = schema.get("minimum"), schema.get("maximum")
    for value in values:
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            raise NotValid(f"{where} is out of range")
