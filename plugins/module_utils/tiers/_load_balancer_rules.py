# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of listeners: which requests they are for, and in which order they are asked.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener_rule import ListenerRule
from ansible_collections.terrace.aws.plugins.module_utils.tiers import _load_balancer_actions as actions
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import NAME

Options = Mapping[str, Any]
CONDITIONS = ("hosts", "paths", "headers", "methods", "queries", "source_ips")
# Of one rule of a listener. Not part of SPEC, because Ansible's page would get too deep to read.
RULE: Spec = {
    "name": {"type": "str", "required": True},
    "priority": {"type": "int", "required": True},
    **{condition: {"type": "list", "elements": "str", "default": []} for condition in CONDITIONS if condition != "headers"},
    "headers": {"type": "dict", "default": {}},
    **actions.SPEC,
}
# Of the whole rule: AWS raises neither.
MOST_VALUES = 5
MOST_WILDCARDS = 5
VALUES = Constraint(max_length=MOST_VALUES, distinct=True)
HEADER_VALUE = r"[ -~]{1,128}"
RULE_CONSTRAINTS = {
    "name": NAME,
    "priority": Constraint(minimum=1, maximum=50000),
    "hosts": VALUES,
    "hosts[]": Constraint(
        pattern=r"(?=.{1,128}$)[A-Za-z0-9*?_.-]*\.[A-Za-z*?-][A-Za-z0-9*?-]*",
        says="a host is a name with a dot, in which * and ? are wildcards",
    ),
    "paths": VALUES,
    "paths[]": Constraint(
        pattern=r"(?=[/*?])[A-Za-z0-9_.$/~\"'@:+&*?,;=!()%#-]{1,128}",
        says="a path begins with / and has up to 128 characters, in which * and ? are wildcards",
    ),
    "headers": Constraint(
        max_length=MOST_VALUES,
        keys=Constraint(
            pattern=r"(?!(?i:host)$)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}",
            says="a header's name has up to 40 characters, and is not Host",
        ),
    ),
    "methods": VALUES,
    "methods[]": Constraint(pattern=r"[A-Z_-]{1,40}", says="a method is written in capitals"),
    "queries": VALUES,
    "queries[]": Constraint(
        pattern=r"[!-<>-~]{1,128}(=[!-~]{1,128})?",
        says="a query is key=value or a value alone, each up to 128 characters, in which * and ? are wildcards",
    ),
    "source_ips": VALUES,
    "source_ips[]": Constraint(pattern=r"[0-9a-f.:]+/\d{1,3}", says="a source is a block of addresses like 192.0.2.0/24"),
    **actions.CONSTRAINTS,
}
WILDCARD = re.compile(r"(?<!\\)[*?]")


def rules(items: Collection[Options], listener: str, known: Collection[str], path: str) -> Iterator[tuple[Options, Declaration]]:
    """Yield each rule's validated options and declaration. Raises InvalidOption."""
    seen: dict[tuple[str, Any], str] = {}
    for index, item in enumerate(items):
        where = f"{path}[{index}]"
        rule = validated(item, RULE, RULE_CONSTRAINTS, where)
        for option in ("name", "priority"):
            if (option, rule[option]) in seen:
                raise InvalidOption(f"{where}.{option}", f"{rule[option]!r} is given twice")
            seen[option, rule[option]] = where
        values = ListenerRule(
            listener=Reference("listener", listener),
            priority=rule["priority"],
            conditions=_conditions(rule, where),
            action=actions.action(rule, known, where),
        )
        yield rule, Declaration("listener_rule", f"{listener}/{rule['name']}", "load_balancer", values, where)


def _conditions(rule: Options, path: str) -> tuple[dict[str, Any], ...]:
    """Return the conditions, all of which a request has to meet, in the API's words. Raises InvalidOption."""
    headers = {name: _header_values(values, f"{path}.headers.{name}") for name, values in rule["headers"].items()}
    for index, block in enumerate(rule["source_ips"]):
        _check_block(block, f"{path}.source_ips[{index}]")
    values = [value for option in CONDITIONS if option != "headers" for value in rule[option]]
    values += [value for listed in headers.values() for value in listed]
    if not values:
        raise InvalidOption(path, f"needs at least one of {', '.join(CONDITIONS)}")
    if len(values) > MOST_VALUES:
        raise InvalidOption(path, f"has {len(values)} values in its conditions, and AWS takes {MOST_VALUES} a rule")
    wild = sum(len(WILDCARD.findall(value)) for value in values)
    if wild > MOST_WILDCARDS:
        raise InvalidOption(path, f"has {wild} wildcards in its conditions, and AWS takes {MOST_WILDCARDS} a rule")
    return (
        *_condition("host-header", "HostHeaderConfig", [host.lower() for host in rule["hosts"]]),
        *_condition("path-pattern", "PathPatternConfig", rule["paths"]),
        *(
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": listed}}
            for name, listed in headers.items()
        ),
        *_condition("http-request-method", "HttpRequestMethodConfig", rule["methods"]),
        *_condition("query-string", "QueryStringConfig", [_query(query) for query in rule["queries"]]),
        *_condition("source-ip", "SourceIpConfig", rule["source_ips"]),
    )


def _condition(field: str, config: str, values: list[Any]) -> Iterator[dict[str, Any]]:
    if values:
        yield {"Field": field, config: {"Values": values}}


def _header_values(values: Any, path: str) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    for value in listed:
        if not isinstance(value, str) or not re.fullmatch(HEADER_VALUE, value, re.ASCII):
            raise InvalidOption(path, "has to be a text of up to 128 ASCII characters, or a list of such")
    if not listed or len(set(listed)) < len(listed):
        raise InvalidOption(path, "needs at least one value, and none twice")
    return listed


def _query(text: str) -> dict[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        return {"Value": key}
    return {"Key": key, "Value": value}


def _check_block(block: str, path: str) -> None:
    try:
        ipaddress.ip_network(block)
    except ValueError as error:
        raise InvalidOption(path, f"is not a block of addresses: {error}") from None
