"""The REST face: every tool with a `rest` declaration becomes one route. The path's and (GET) the query's strings are
read by the argument type, a body strictly as JSON; OpenAPI, validation and problem documents come from that type."""

from __future__ import annotations

import re
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError, create_model
from pydantic_core import from_json

from api.identity.callers import signed_in
from db.json import JsonObject
from tools.runtime.entries import invalid
from tools.runtime.errors import InvalidArguments, VersionRequired
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Args, Rest, Tool, all_tools

MAX_KEY = 255
_KEY = f"[!-~]{{1,{MAX_KEY}}}"
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def build_router(runtime: Runtime) -> APIRouter:
    """Routes for all tools, in order of their paths, so that fixed parts come before parameters."""
    router = APIRouter()
    with_rest = [(tool, tool.rest) for tool in all_tools() if tool.rest is not None]
    for tool, rest in sorted(with_rest, key=lambda pair: (pair[1].path.replace("{", "~"), pair[1].method)):
        _add(router, runtime, tool=tool, rest=rest)
    return router


def _add(router: APIRouter, runtime: Runtime, *, tool: Tool, rest: Rest) -> None:
    path_model = _part(tool.args, rest.path_fields, "Path")
    rest_fields = tuple(name for name in tool.args.model_fields if name not in rest.path_fields)
    kind = _shown_as(getattr(tool.out, "media_type", "application/json"))
    body_model = _part(tool.args, rest_fields, "Query" if rest.method in ("GET", "DELETE") else "Body")

    async def endpoint(request: Request) -> Response:
        await request.body()  # before a transaction waits for it
        async with signed_in(request) as (caller, session):
            arguments = await _arguments(request, tool, rest=rest, path_model=path_model, body_model=body_model)
            if_match = _if_match(request)
            if tool.versioned and if_match is None:
                raise VersionRequired
            key = _key(request)
            reply = await runtime.call(tool.name, arguments, caller, key=key, if_match=if_match, session=session)
        headers = {"Idempotent-Replayed": "true"} if reply.replayed else {}
        version = getattr(reply.out, "version", None)
        if version is None and reply.replayed:
            stored = from_json(reply.body)
            version = stored.get("version") if isinstance(stored, dict) else None
        if version is not None:
            headers["ETag"] = f'"{version}"'
        if rest.method == "GET" and "ETag" in headers and _unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(reply.body, status_code=rest.status, media_type=kind.media_type, headers=headers)

    router.add_api_route(
        rest.path,
        endpoint,
        methods=[rest.method],
        status_code=rest.status,
        operation_id=tool.name,
        summary=tool.summary,
        description=tool.description,
        tags=[tool.name.split(".")[0]],
        response_model=tool.out,
        response_class=kind,
        openapi_extra=_openapi(tool, rest, path_model=path_model, body_model=body_model),
        responses=_responses(tool, has_path=bool(rest.path_fields)),
    )


async def _arguments(
    request: Request, tool: Tool, *, rest: Rest, path_model: type[BaseModel], body_model: type[BaseModel]
) -> Args:
    path = _read(lambda: path_model.model_validate_strings(dict(request.path_params)))
    if rest.method in ("GET", "DELETE"):
        query: JsonObject = dict(request.query_params)
        repeated = [name for name in query if len(request.query_params.getlist(name)) > 1]
        if repeated:
            raise InvalidArguments(errors=[{"field": name, "rule": "must be given once"} for name in repeated])
        others = _read(lambda: body_model.model_validate_strings(query))
    else:
        raw = await request.body()
        others = _read(lambda: body_model.model_validate_json(raw or b"{}"))
    fields = {**path.model_dump(exclude_unset=True), **_set_fields(others)}
    return _read(lambda: tool.args.model_validate(fields))  # type: ignore[return-value]


def _set_fields(model: BaseModel) -> JsonObject:
    return {name: getattr(model, name) for name in model.model_fields_set}


def _read(parse: Callable[[], BaseModel]) -> BaseModel:
    try:
        return parse()
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from error


def _part(args: type[Args], names: tuple[str, ...], kind: str) -> type[BaseModel]:
    """The argument type's fields of those names, as a type of its own."""
    fields: JsonObject = {name: (args.model_fields[name].annotation, args.model_fields[name]) for name in names}
    return create_model(f"{args.__name__}{kind}", __config__=args.model_config, **fields)


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(_KEY, key):
        rule = f"must have 1 to {MAX_KEY} visible ASCII characters"
        raise InvalidArguments(errors=[{"field": "Idempotency-Key", "rule": rule}])
    return key


def _if_match(request: Request) -> int | None:
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    tag = given.strip().removeprefix("W/").strip('"')
    if not (tag.isascii() and tag.isdigit() and len(tag) < 10):
        raise InvalidArguments(errors=[{"field": "If-Match", "rule": 'must be an ETag, for example "3"'}])
    return int(tag)


def _unchanged(request: Request, tag: str) -> bool:
    """Whether the client has this version already (RFC 9110, 13.1.2: compared weakly)."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in given.split(",")]


def _shown_as(media_type: str) -> type[JSONResponse]:
    """The kind of a response, for its document."""
    return type("Shown", (JSONResponse,), {"media_type": media_type})


def _openapi(tool: Tool, rest: Rest, *, path_model: type[BaseModel], body_model: type[BaseModel]) -> JsonObject:
    parameters = [_parameter(name, schema, "path", required=True) for name, schema in _properties(path_model).items()]
    extra: JsonObject = {"security": [{"bearer": []}, {"apiKey": []}]}
    if rest.method in ("GET", "DELETE"):
        required = body_model.model_json_schema().get("required", [])
        for name, schema in _properties(body_model).items():
            parameters.append(_parameter(name, schema, "query", required=name in required))
    elif body_model.model_fields:
        schema = body_model.model_json_schema(ref_template=f"#/components/schemas/{tool.args.__name__}.{{model}}")
        schema.pop("$defs", None)
        needed = any(field.is_required() for field in body_model.model_fields.values())
        extra["requestBody"] = {"required": needed, "content": {"application/json": {"schema": schema}}}
    if tool.effect != "read":
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": f"^{_KEY}$"},
            }
        )
    if tool.versioned:
        tag = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
        parameters.append({"name": "If-Match", "in": "header", "required": True, "schema": tag})
    extra["parameters"] = parameters
    return extra


def nested_schemas() -> JsonObject:
    """The schemas that bodies refer to, under names of their own."""
    found: JsonObject = {}
    for tool in all_tools():
        template = f"#/components/schemas/{tool.args.__name__}.{{model}}"
        for name, schema in tool.args.model_json_schema(ref_template=template).get("$defs", {}).items():
            found[f"{tool.args.__name__}.{name}"] = schema
    return found


def _properties(model: type[BaseModel]) -> JsonObject:
    properties: JsonObject = model.model_json_schema().get("properties", {})
    return properties


def _parameter(name: str, schema: JsonObject, place: str, *, required: bool) -> JsonObject:
    """A parameter is a string on the wire: null is said by leaving it out."""
    shown = {key: value for key, value in schema.items() if key not in ("anyOf", "default", "title")}
    for option in schema.get("anyOf", []):
        if option.get("type") != "null":
            shown |= option
    return {"name": name, "in": place, "required": required, "schema": shown}


def _responses(tool: Tool, *, has_path: bool) -> dict[int | str, JsonObject]:
    codes = {401, 403, 409, 422, 503} | {error.status for error in tool.raises} | ({404} if has_path else set())
    return {code: {"description": "Problem", "content": _PROBLEM} for code in sorted(codes | {404, 412, 413})}
