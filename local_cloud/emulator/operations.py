# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which AWS service and operation an HTTP request is, and whether it changes anything."""

import functools
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import botocore.loaders
from botocore.model import OperationModel, ServiceModel

READING = re.compile(r"^(BatchGet|Describe|Filter|Get|Head|List|Lookup|Search|Select|Simulate|AssumeRole|Test|Validate|Decode)")
SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
CBOR_PATH = re.compile(r"^/service/(?P<service>[^/]+)/operation/(?P<operation>[^/]+)$")

# Two services share one signing name: the API version tells which one speaks.
BY_VERSION = {("elasticloadbalancing", "2015-12-01"): "elbv2", ("elasticloadbalancing", "2012-06-01"): "elb"}
BY_SIGNING_NAME = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "email": "ses",
    "elasticfilesystem": "efs",
    "states": "stepfunctions",
}

# S3's copies share method and path with the plain uploads, only a header tells them apart; directory buckets are
# listed by the same request as others, on a host of their own.
NOT_BY_PATH = {"CopyObject", "UploadPartCopy", "ListDirectoryBuckets"}


@dataclass(frozen=True)
class Operation:
    """One API request: boto3's service name, the operation (None: not recognised), the region and whose key signed it."""

    service: str
    name: str | None
    region: str
    access_key: str = ""

    @property
    def mutating(self) -> bool:
        """Whether the call can change something. What is not recognised counts as a change."""
        return self.name is None or READING.match(self.name) is None


def identify(environ: dict[str, Any], body: bytes) -> Operation:
    """Read service and operation from a WSGI request: query, JSON, CBOR and REST protocols."""
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    signing_name, region, key = (scope["service"], scope["region"], scope["key"]) if scope else ("unsigned", "", "")
    form = _form(environ, body)
    service = BY_VERSION.get((signing_name, form.get("Version", ""))) or BY_SIGNING_NAME.get(signing_name, signing_name)
    return Operation(service, _operation_name(service, environ, form), region, key)


def _form(environ: dict[str, Any], body: bytes) -> dict[str, str]:
    """The parameters of the query protocol, from the body or from the query string."""
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        source = body.decode("utf-8", "replace")
    else:
        source = environ.get("QUERY_STRING", "")
    return {key: values[0] for key, values in parse_qs(source, keep_blank_values=True).items()}


def _operation_name(service: str, environ: dict[str, Any], form: dict[str, str]) -> str | None:
    if "Action" in form:
        return form["Action"]
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2]
    if cbor := CBOR_PATH.match(environ.get("PATH_INFO", "")):
        return cbor["operation"]
    return _rest_operation(service, environ)


def _rest_operation(service: str, environ: dict[str, Any]) -> str | None:
    """The REST operation whose template fits best: the one that asks most of query and path."""
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    fitting = [
        (len(template.required), template.weight, template.name)
        for template in _templates(service)
        if template.method == method
        and template.path.match(path)
        and template.required <= query.keys()
        and all(not value or value in query[key] for key, value in template.literals)
    ]
    if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "UploadPartCopy" if "uploadId" in query else "CopyObject"
    return max(fitting)[2] if fitting else None


@dataclass(frozen=True)
class _Template:
    name: str
    method: str
    path: re.Pattern[str]
    literals: tuple[tuple[str, str], ...]
    required: frozenset[str]
    weight: int


@functools.cache
def _templates(service: str) -> tuple[_Template, ...]:
    # Read anew: clients take the bucket out of the paths of the description that they share.
    loader = botocore.loaders.Loader()
    if service not in loader.list_available_services("service-2"):
        return ()
    model = ServiceModel(loader.load_service_model(service, "service-2"), service)
    return tuple(_template(model, name) for name in model.operation_names if name not in NOT_BY_PATH)


def _template(model: ServiceModel, name: str) -> _Template:
    operation = model.operation_model(name)
    http = operation.http
    path, _, query = http.get("requestUri", "/").partition("?")
    pattern = re.sub(r"\\\{[^}]+?\\\+\\\}", ".+", re.escape(path))
    pattern = re.sub(r"\\\{[^}]+?\\\}", "[^/]+", pattern)
    literals = tuple((key, values[0]) for key, values in parse_qs(query, keep_blank_values=True).items())
    required = {key for key, _ in literals} | _required_in_query(operation)
    weight = len(re.sub(r"\{[^}]+\}", "", path))
    return _Template(name, http.get("method", "POST"), re.compile(f"^{pattern}/?$"), literals, frozenset(required), weight)


def _required_in_query(operation: OperationModel) -> set[str]:
    """The query parameters without which a request is not this operation, such as UploadPart's uploadId."""
    shape = operation.input_shape
    if shape is None:
        return set()
    required = (shape.members[member].serialization for member in shape.required_members)
    return {place["name"] for place in required if place.get("location") == "querystring"}
