# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a listener as lines of a frontend.

HAProxy answers before it chooses a backend, so that a rule of lower priority could overtake: the rule is found first,
then it is acted upon.
"""

import re
from collections.abc import Mapping

from local_cloud.reconcile.desired import Action, Condition, Listener, ListenerRule
from local_cloud.reconcile.haproxy_backends import cookies

STICKY = "AWSALBTG"
UNDECIDED = "!{ var(txn.group) -m found }"


def render(listener: Listener, published: Mapping[int, int]) -> list[str]:
    """Return the lines for HTTP; `published` are the loopback ports of the balancer's listeners."""
    chosen, acted = [], []
    for number, rule in enumerate(listener.rules):
        chosen += [f"acl {_name(number, position)} {_match(item)}" for position, item in enumerate(rule.conditions)]
        chosen.append(f"http-request set-var(txn.rule) int({number}){_if(number, rule)}")
        acted += _act(listener, rule.action, f"{{ var(txn.rule) -m int {number} }}", published)
    query = 'http-request set-var-fmt(txn.query) "?%[query]" if { query -m len gt 0 }'
    return [*chosen, query, *acted, "use_backend %[var(txn.group)] if { var(txn.group) -m found }"]


def connections(listener: Listener) -> list[str]:
    """Return the lines for TCP: there is the default action only."""
    action = listener.rules[-1].action
    return [f"use_backend {name}{f' if {share}' if share else ''}" for name, share in _shares(action)]


def wildcard(value: str, anything: str = ".") -> str:
    """Translate AWS's wildcards, * for any characters and ? for one; a backslash takes their meaning away."""
    meanings = {"*": f"{anything}*", "?": anything, r"\*": r"\*", r"\?": r"\?"}
    parts = re.findall(r"\\[*?]|.", value, re.DOTALL)
    return "".join(meanings.get(part) or re.escape(part) for part in parts)


def _name(number: int, position: int) -> str:
    return f"rule{number}-{position}"


def _if(number: int, rule: ListenerRule) -> str:
    names = [_name(number, position) for position in range(len(rule.conditions))]
    return " if " + " ".join(["!{ var(txn.rule) -m found }", *names])


def _match(condition: Condition) -> str:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html"""
    patterns = " ".join(
        _quoted(item) for item in (*(f"^{wildcard(value)}$" for value in condition.values), *condition.expressions)
    )
    match condition.field:
        case "host-header":
            return f"hdr(host),field(1,:) -m reg -i {patterns}"
        case "path-pattern":
            return f"path -m reg {patterns}"
        case "http-header":
            return f"{_quoted(f'req.fhdr({condition.header})')} -m reg -i {patterns}"
        case "http-request-method":
            return f"method -m str {' '.join(condition.values)}"
        case "query-string":
            return f"query -m reg -i {' '.join(_quoted(_pair(*pair)) for pair in condition.pairs)}"
        case "source-ip":
            return f"src {' '.join(condition.values)}"
    return "always_false"


def _pair(key: str, value: str) -> str:
    name = wildcard(key, "[^&=]") + "=" if key else "([^&=]*=)?"
    return f"(^|&){name}{wildcard(value, '[^&]')}(&|$)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", r"\x27") + "'"


def _act(listener: Listener, action: Action, condition: str, published: Mapping[int, int]) -> list[str]:
    settings = dict(action.settings)
    if action.type == "forward":
        return _forward(action, condition)
    if action.type == "redirect":
        return _redirect(listener, settings, condition, published)
    if action.type == "fixed-response":
        kind = settings.get("ContentType") or "text/plain; charset=utf-8"
        body = _literal(settings.get("MessageBody", "")).replace("\n", "\\n").replace("\r", "\\r")
        return [f'http-request return status {settings["StatusCode"]} content-type "{kind}" lf-string "{body}" if {condition}']
    return [f"http-request return status 501 if {condition}"]


def _literal(text: str) -> str:
    """Return what stands for a text in a quoted log format."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "\\$")


def _redirect(listener: Listener, settings: dict[str, str], condition: str, published: Mapping[int, int]) -> list[str]:
    code = settings.get("StatusCode", "HTTP_302").removeprefix("HTTP_")
    line = f'http-request redirect code {code} location "%s" if {condition}'
    lines = [line % _location(listener, settings, {})]
    if listener.port in published:
        # Who came through a loopback port has to be sent to another one.
        outside = f" {{ hdr(host),field(2,:) -m str {published[listener.port]} }}"
        lines.insert(0, line % _location(listener, settings, published) + outside)
    return lines


def _location(listener: Listener, settings: dict[str, str], published: Mapping[int, int]) -> str:
    """Translate AWS's placeholders #{protocol}, #{host}, #{port}, #{path} and #{query}."""
    protocol = settings["Protocol"].replace("#{protocol}", listener.protocol).lower()
    port = settings["Port"].replace("#{port}", str(listener.port))
    port = str(published.get(int(port), port))
    values = {
        "#{protocol}": protocol,
        "#{host}": "%[hdr(host),field(1,:)]",
        "#{port}": port,
        "/#{path}": "%[path]",
        "#{path}": "%[path,regsub(^/,)]",
        "?#{query}": "%[var(txn.query)]",
        "#{query}": "%[query]",
    }
    query = f"?{settings['Query']}" if settings["Query"] else ""
    return f"{protocol}://{_placed(settings['Host'], values)}:{port}{_placed(settings['Path'] + query, values)}"


def _placed(template: str, values: Mapping[str, str]) -> str:
    template = _literal(template)
    for placeholder, value in values.items():
        template = template.replace(placeholder, value)
    return template


def _forward(action: Action, condition: str) -> list[str]:
    names = " ".join(name for name, _ in action.groups)
    lines = []
    if action.sticky_seconds and names:
        lines.append(f"http-request set-var(txn.group) req.cook({STICKY}) if {condition} {{ req.cook({STICKY}) -m str {names} }}")
        lines += cookies(STICKY, "%[var(txn.group)]", action.sticky_seconds, f"{condition} {{ var(txn.group) -m found }}")
    lines += [
        f"http-request set-var(txn.group) str({name}) if {condition} {UNDECIDED}{f' {share}' if share else ''}"
        for name, share in _shares(action)
    ]
    return lines


def _shares(action: Action) -> list[tuple[str, str]]:
    """Return the groups that get something, each with the condition that shares what the ones before it leave."""
    left, shares = sum(weight for _, weight in action.groups), []
    for name, weight in action.groups:
        if weight:
            shares.append((name, f"{{ rand({left}) -m int lt {weight} }}" if weight < left else ""))
        left -= weight
    return shares
