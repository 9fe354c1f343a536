# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a load balancer does with requests: the same options for a listener and for each of its rules.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, require_known, validated
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import reference

Options = Mapping[str, Any]
ACTIONS = ("target_group", "target_groups", "redirect", "fixed_response")
SPEC: dict[str, dict[str, Any]] = {
    "target_group": {"type": "str"},
    "target_groups": {"type": "dict"},
    "stickiness": {"type": "int", "default": 0},
    "redirect": {"type": "str"},
    "redirect_status": {"type": "int", "choices": [301, 302], "default": 301},
    "fixed_response": {"type": "dict"},
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
PORT_NUMBER = r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]"
REDIRECT = (
    rf"(?=[!-~]+$)(?P<Protocol>https?|#\{{protocol\}})://(?P<Host>[^/:?]{{1,128}})(:(?P<Port>{PORT_NUMBER}|#\{{port\}}))?"
    r"(?P<Path>/[^?]{0,127})?(\?(?P<Query>.{0,128}))?"
)
BODY = "fixed_response.body"
GROUP_NAME = reference("target_group/{}")
# The longest that a client stays with its target or target group: a week.
LONGEST_STICKINESS = 604800
CONSTRAINTS = {
    "target_group": GROUP_NAME,
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    "target_groups": Constraint(
        min_length=1,
        max_length=5,
        keys=Constraint(pattern=GROUP_NAME.pattern, says=GROUP_NAME.says),
        values=Constraint(pattern=r"\d{1,3}", says="a weight is from 0 to 999"),
    ),
    "stickiness": Constraint(minimum=0, maximum=LONGEST_STICKINESS),
    "redirect": Constraint(
        pattern=REDIRECT, says="a redirect is an address like https://#{host}/#{path}?#{query}, its parts up to 128 characters"
    ),
    # The rest of its rule is below: until that is applied, braces have to pass.
    BODY: Constraint(verbatim=True),
}
# Of fixed_response. Not part of SPEC, because Ansible's page would get too long to read.
FIXED_RESPONSE: Spec = {
    "status": {"type": "int", "required": True},
    "body": {"type": "str"},
    "content_type": {
        "type": "str",
        "choices": ["text/plain", "text/css", "text/html", "application/javascript", "application/json"],
        "default": "text/plain",
    },
}
FIXED_RESPONSE_CONSTRAINTS = {
    "status": Constraint(pattern=r"[245]\d\d", says="a response is 2xx, 4xx or 5xx"),
    "body": Constraint(max_length=1024, verbatim=True),
}
REQUEST = {"Protocol": "#{protocol}", "Host": "#{host}", "Port": "#{port}", "Path": "/#{path}", "Query": "#{query}"}
PORTS = {"http": "80", "https": "443", "#{protocol}": "#{port}"}


def action(options: Options, known: Collection[str], path: str) -> dict[str, Any]:
    """Return the action, in the API's words. `known` has the names of target groups. Raises InvalidOption."""
    given = [option for option in ACTIONS if options[option] is not None]
    if len(given) != 1:
        raise InvalidOption(path, f"needs exactly one of {', '.join(ACTIONS)}")
    if options["stickiness"] and given != ["target_groups"]:
        raise InvalidOption(f"{path}.stickiness", "needs target_groups")
    (way,) = given
    if way == "redirect":
        return _redirect(options, path)
    if way == "fixed_response":
        return _fixed_response(options["fixed_response"], f"{path}.fixed_response")
    for name, where in named_groups(options, path):
        require_known(name, set(known), where, "target group")
    return _forward(options, path)


def named_groups(options: Options, path: str) -> Iterator[tuple[str, str]]:
    """Yield name and path of each target group that requests are forwarded to."""
    if options["target_group"] is not None:
        yield options["target_group"], f"{path}.target_group"
    yield from ((name, f"{path}.target_groups.{name}") for name in options["target_groups"] or ())


def _forward(options: Options, path: str) -> dict[str, Any]:
    weights = {name: int(weight) for name, weight in (options["target_groups"] or {options["target_group"]: 1}).items()}
    if not any(weights.values()):
        raise InvalidOption(f"{path}.target_groups", "has no weight above 0, so that nobody would get the requests")
    if len(weights) == 1:
        return {"Type": "forward", "TargetGroupArn": _group(next(iter(weights)))}
    groups = [{"TargetGroupArn": _group(name), "Weight": weight} for name, weight in sorted(weights.items())]
    seconds = options["stickiness"]
    sticky = {"TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": seconds}} if seconds else {}
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups, **sticky}}


def _group(name: str) -> Reference:
    return Reference("target_group", name)


def _redirect(options: Options, path: str) -> dict[str, Any]:
    """Take a redirect's address apart; what it does not say stays as in the request."""
    parts = re.fullmatch(REDIRECT, options["redirect"], re.ASCII)
    given = {key: value for key, value in parts.groupdict().items() if value is not None}
    target = {**REQUEST, "Port": PORTS[given["Protocol"]], **given}
    if all(target[key] == REQUEST[key] for key in ("Protocol", "Host", "Port", "Path")):
        raise InvalidOption(f"{path}.redirect", "has to differ from the request in protocol, host, port or path")
    protocol = target["Protocol"] if "#" in target["Protocol"] else target["Protocol"].upper()
    status = f"HTTP_{options['redirect_status']}"
    return {"Type": "redirect", "RedirectConfig": {**target, "Protocol": protocol, "StatusCode": status}}


def _fixed_response(given: Options, path: str) -> dict[str, Any]:
    response = validated(given, FIXED_RESPONSE, FIXED_RESPONSE_CONSTRAINTS, path)
    body = {"MessageBody": response["body"]} if response["body"] else {}
    fixed = {"StatusCode": str(response["status"]), "ContentType": response["content_type"], **body}
    return {"Type": "fixed-response", "FixedResponseConfig": fixed}
