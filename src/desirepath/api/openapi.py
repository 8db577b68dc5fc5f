"""The OpenAPI document: what FastAPI cannot see, because msgspec reads and writes the bodies.

Added are the collecting routes, the shape of every body, the one shape of errors, and the keys.
Shapes are made from Structs, those that are sent wherever there are any, so the document cannot
drift from the code. A route that is not in `_ANSWERS` is a KeyError: no new one goes undescribed.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI

from desirepath import reports
from desirepath.accounting import Accounting
from desirepath.api import examples, shapes
from desirepath.api.projects import MintedKey, NewKey
from desirepath.model.project import Key, Project
from desirepath.reports.asking import Common
from desirepath.reports.base import Answer

Document = dict[str, Any]

#: The name of a route's function → what it answers. None: no body.
_ANSWERS: dict[str, Any] = {
    "healthz": shapes.Health,
    "readyz": shapes.Readiness,
    "metrics": str,
    "list_reports": shapes.ReportNames,
    "account": Accounting,
    "rejected": shapes.RejectedEvents,
    "list_projects": shapes.Projects,
    "create_project": Project,
    "show_project": Project,
    "change_project": Project,
    "delete_project": None,
    "list_keys": shapes.Keys,
    "mint_key": MintedKey,
    "revoke_key": Key,
    **{
        f"{report.name}_{way}": Answer[report.answer]  # type: ignore[name-defined]
        for report in reports.ALL
        for way in ("get", "post")
    },
}
#: The name of a route's function → what it takes.
_BODIES: dict[str, Any] = {"create_project": Project, "mint_key": NewKey}
_KEYLESS = {"healthz", "readyz", "metrics"}
#: Where to send → what it does, what it takes, and a body that it takes.
_COLLECTING: dict[str, tuple[str, Any, Any]] = {
    "/v1/events": ("Send events.", shapes.TrackFlowBody, examples.TRACKFLOW)
}

_KEYS: Document = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "address": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "For write keys alone: addresses end up in logs.",
    },
}
_REFERENCE = re.compile(r"#/components/schemas/([\w.]+)")
_STRICT = {"type": "string", "enum": ["", "strict"], "default": ""}


def install(app: FastAPI) -> None:
    """Let `app` answer with the whole document at /openapi.json, and show it at /docs."""
    app.openapi = lambda: app.openapi_schema or describe(app)  # type: ignore[method-assign]


def describe(app: FastAPI) -> Document:
    """The whole document of `app`, with the collecting routes, which are not FastAPI's."""
    params = [report.params for report in reports.ALL]
    collected = [body for _, body, _ in _COLLECTING.values()]
    known = _Shapes(
        [one for one in _ANSWERS.values() if one is not None] + [shapes.Taken, shapes.Failure],
        [*_BODIES.values(), Common, *params, *collected],
    )
    document = FastAPI.openapi(app)
    for address, path in document["paths"].items():
        for method, operation in path.items():
            _describe_route(operation, known, _name(operation["operationId"], address, method))
    for report in reports.ALL:
        path = document["paths"][f"/api/v1/projects/{{project}}/reports/{report.name}"]
        _describe_report(path, known, report.params)
    collecting = {
        address: {"post": _collecting(known, summary, body, example)}
        for address, (summary, body, example) in _COLLECTING.items()
    }
    document["paths"] = collecting | document["paths"]
    document["components"] = {
        "schemas": known.used_by(document),
        "responses": {"Failure": _content(known.answer(shapes.Failure), "What went wrong.")},
        "securitySchemes": _KEYS,
    }
    # {}: on the machine itself no key is needed (protected mode).
    document["security"] = [{}, {"bearer": []}, {"header": []}]
    app.openapi_schema = document
    return document


class _Shapes:
    """Schemas of Structs. What is answered always has all its fields; what is sent need not."""

    def __init__(self, answered: Sequence[Any], sent: Sequence[Any]) -> None:
        self.schemas: Document = {}
        self._answered = self._add(answered, "")
        for schema in self.schemas.values():
            if "properties" in schema:
                schema["required"] = list(schema["properties"])
        # A Struct that goes both ways has two shapes, and the sent one another name.
        self._sent = self._add(sent, "Sent")

    def answer(self, kind: Any) -> Document:
        """The schema of what is answered."""
        return self._answered[kind]

    def sent(self, kind: Any) -> Document:
        """The schema of what is sent."""
        return self._sent[kind]

    def fields(self, kind: Any) -> Document:
        """The properties of what is sent."""
        name = self._sent[kind]["$ref"].rpartition("/")[2]
        return dict(self.schemas[name]["properties"])

    def used_by(self, document: Document) -> Document:
        """The shapes that are referred to, directly or by one another."""
        used: set[str] = set()
        text = repr(document["paths"]) + repr(self.answer(shapes.Failure))
        while new := set(_REFERENCE.findall(text)) - used:
            used |= new
            text = repr([self.schemas[name] for name in new])
        return {name: self.schemas[name] for name in sorted(used)}

    def _add(self, kinds: Sequence[Any], ending: str) -> dict[Any, Document]:
        found, named = msgspec.json.schema_components(
            kinds, ref_template="#/components/schemas/{name}"
        )
        names = {name: _short(name) for name in named}
        both = [name for name, short in names.items() if short in self.schemas]
        names |= {name: names[name] + ending for name in both if "properties" in named[name]}
        self.schemas |= {names[name]: _renamed(schema, names) for name, schema in named.items()}
        return {kind: _renamed(schema, names) for kind, schema in zip(kinds, found, strict=True)}


def _short(name: str) -> str:
    # `Answer_Traffic_` → TrafficAnswer; `desirepath.reports.events.Moment` → EventsMoment
    if generic := re.fullmatch(r"(\w+?)_(\w+)_", name):
        return generic[2] + generic[1]
    *_, module, short = ["", *name.split(".")]
    camel = module.title().replace("_", "")
    return short if camel == short else camel + short


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value and len(value) == 1:
            start, _, name = value["$ref"].rpartition("/")
            return {"$ref": f"{start}/{names.get(name, name)}"}
        # Without this an object of which nothing is known is read as one that has nothing.
        bare = value.get("type") == "object" and "properties" not in value
        open_ = {"additionalProperties": True} if bare else {}
        return open_ | {key: _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _name(operation_id: str, address: str, method: str) -> str:
    # FastAPI makes the id of the function's name, the address and the method.
    return operation_id.removesuffix("_" + method).removesuffix(re.sub(r"\W", "_", address))


def _describe_route(operation: Document, known: _Shapes, name: str) -> None:
    answer = _ANSWERS[name]
    status = next(one for one in operation["responses"] if one.startswith("2"))
    operation["operationId"] = name
    described: Document = {"description": "No body."}
    if answer is str:
        described = {"description": "Text.", "content": {"text/plain": {"schema": _TEXT}}}
    elif answer is not None:
        described = _content(known.answer(answer), "The answer.")
    operation["responses"] = {status: described, "default": _FAILURE}
    if name in _BODIES:
        operation["requestBody"] = _content(known.sent(_BODIES[name])) | {"required": True}
    if name == "change_project":
        changes = {"type": "object", "description": "Some of the settings that GET shows."}
        operation["requestBody"] = _content(changes) | {"required": True}
    if name in _KEYLESS:
        operation["security"] = []


def _describe_report(path: Document, known: _Shapes, params: Any) -> None:
    fields = known.fields(Common) | known.fields(params) | {"consistency": _STRICT}
    own = {"type": "object", "properties": fields, "additionalProperties": False}
    path["post"]["requestBody"] = _content(own) | {"required": True}
    named = {one["name"] for one in path["get"]["parameters"]}
    path["get"]["parameters"] += [
        {"name": name, "in": "query", "required": False, "schema": _in_address(schema)}
        for name, schema in fields.items()
        if name not in named
    ]


def _in_address(schema: Document) -> Document:
    # On an address a list is a text with commas, and what is null is left out.
    choices = schema.get("anyOf", [])
    texts = [one for one in choices if one.get("type") == "string"]
    kept = texts or [one for one in choices if one.get("type") != "null"]
    if len(kept) != 1:
        return schema
    rest = {key: schema[key] for key in ("description",) if key in schema}
    found: Document = kept[0] | rest
    return found


def _collecting(known: _Shapes, summary: str, body: Any, example: Any) -> Document:
    taken = known.answer(shapes.Taken)
    sent = {"schema": known.sent(body), "example": example}
    return {
        "tags": ["collecting"],
        "summary": summary,
        "operationId": "send_events",
        "description": "2xx means that what was accepted is on disk. A body may be gzipped.",
        "parameters": [_NAME_OF_A_REQUEST],
        "requestBody": {
            "required": True,
            "content": {"application/json": sent, "text/plain": sent},
        },
        "responses": {
            "200": _content(taken, "At least one event was taken."),
            "422": _content(taken, "None was taken."),
            "default": _FAILURE,
        },
        "security": [{}, {"bearer": []}, {"header": []}, {"address": []}],
    }


_TEXT = {"type": "string"}
_NAME_OF_A_REQUEST: Document = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Stands for the ids of events that have none: sent again, they count once.",
    "schema": _TEXT,
}
_FAILURE = {"$ref": "#/components/responses/Failure"}


def _content(schema: Document, description: str = "") -> Document:
    found: Document = {"content": {"application/json": {"schema": schema}}}
    return found | ({"description": description} if description else {})
