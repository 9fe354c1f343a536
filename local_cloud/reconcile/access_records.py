# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a proxy writes of each request, and how AWS writes it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-entry-format
"""

import urllib.parse
from datetime import UTC, datetime, timedelta

from local_cloud.reconcile.desired import Balancer, Listener

# No header has it.
SEPARATOR = "\x1f"
# What HAProxy puts for each field of a record.
FIELDS = {
    "frontend": "%ft",
    "seconds": "%Ts",
    "milliseconds": "%ms",
    "total": "%Ta",
    "receiving": "%TR",
    "queueing": "%Tw",
    "connecting": "%Tc",
    "waiting": "%Tr",
    "client": "%ci:%cp",
    "target": "%si:%sp",
    "status": "%ST",
    "target_status": "%[var(txn.answer)]",
    "received": "%U",
    "sent": "%B",
    "method": "%HM",
    "uri": "%HU",
    "version": "%HV",
    "group": "%b",
    "cipher": "%sslc",
    "protocol": "%sslv",
    "asked": "%[ssl_fc_sni]",
    "host": "%[var(txn.host)]",
    "agent": "%[var(txn.agent)]",
    "trace": "%[var(txn.trace)]",
    "rule": "%[var(txn.rule)]",
    "location": "%[var(txn.location)]",
}
NOTHING = "-"


def render() -> list[str]:
    """Return the lines of a frontend that let it write a record of each request."""
    return [
        "log stdout len 16384 format raw local0",
        "http-request set-var(txn.host) req.hdr(host)",
        "http-request set-var(txn.agent) req.fhdr(user-agent)",
        "http-request set-var(txn.trace) req.fhdr(x-amzn-trace-id)",
        "http-response set-var(txn.answer) status",
        "http-after-response set-var(txn.location) res.hdr(location)",
        f'log-format "{SEPARATOR.join(FIELDS.values())}"',
    ]


def entry(balancer: Balancer, line: str) -> str | None:
    """Return the entry for a line that the proxy wrote; None if that is no record."""
    values = line.rstrip("\n").split(SEPARATOR)
    if len(values) != len(FIELDS):
        return None
    record = {name: value or NOTHING for name, value in zip(FIELDS, values, strict=True)}
    port = int(record["frontend"].strip("~").removeprefix("listener-"))
    listener = next((item for item in balancer.listeners if item.port == port), None)
    return _entry(balancer, listener, record) if listener else None


def _entry(balancer: Balancer, listener: Listener, record: dict[str, str]) -> str:
    began = datetime.fromtimestamp(int(record["seconds"]) + int(record["milliseconds"]) / 1000, UTC)
    target = NOTHING if NOTHING in record["target"].split(":") else record["target"]
    action = listener.rules[int(record["rule"])].action.type if record["rule"].isdigit() else NOTHING
    words = [
        _kind(listener, record),
        _moment(began + timedelta(milliseconds=int(record["total"]))),
        balancer.arn.partition(":loadbalancer/")[2],
        record["client"],
        target,
        *_seconds(record, target),
        record["status"],
        record["target_status"],
        record["received"],
        record["sent"],
        _quoted(f"{record['method']} {_url(listener, record)} {record['version']}"),
        _quoted(record["agent"]),
        record["cipher"],
        record["protocol"],
        next((group.arn for group in balancer.groups if group.name == record["group"]), NOTHING),
        _quoted(record["trace"]),
        _quoted(record["asked"]),
        _quoted(_certificate(listener, record["asked"])),
        str(listener.rules[int(record["rule"])].priority) if record["rule"].isdigit() else "-1",
        _moment(began),
        _quoted(action),
        _quoted(record["location"] if action == "redirect" else NOTHING),
        _quoted(NOTHING),
        _quoted(target),
        _quoted(record["target_status"]),
        _quoted(NOTHING),
        _quoted(NOTHING),
    ]
    return " ".join(words)


def _kind(listener: Listener, record: dict[str, str]) -> str:
    if listener.encryption is None:
        return "http"
    return "h2" if record["version"].startswith("HTTP/2") else "https"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _seconds(record: dict[str, str], target: str) -> list[str]:
    """Return how long it took until the target had the request, until it answered, and until the client had the answer."""
    if target == NOTHING:
        return ["-1", "-1", "-1"]
    before = sum(max(int(record[name]), 0) for name in ("receiving", "queueing", "connecting"))
    waiting = int(record["waiting"])
    if waiting < 0:
        return [f"{before / 1000:.3f}", "-1", "-1"]
    return [f"{before / 1000:.3f}", f"{waiting / 1000:.3f}", f"{max(int(record['total']) - before - waiting, 0) / 1000:.3f}"]


def _url(listener: Listener, record: dict[str, str]) -> str:
    """Return the whole URL; HTTP/2 has it already, without a port."""
    url = urllib.parse.urlsplit(record["uri"])
    path = f"{url.path}?{url.query}" if url.query else url.path
    return f"{listener.protocol.lower()}://{record['host'].partition(':')[0]}:{listener.port}{path}"


def _certificate(listener: Listener, asked: str) -> str:
    """Return the ARN of the certificate that was presented to who asked for a name."""
    if listener.encryption is None:
        return NOTHING
    wildcard = f"*.{asked.partition('.')[2]}"
    for name in (asked, wildcard):
        for certificate in listener.encryption.certificates:
            if name in certificate.names:
                return certificate.arn
    return listener.encryption.certificates[0].arn


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", r"\x5C").replace('"', r"\x22") + '"'
