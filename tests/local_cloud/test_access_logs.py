# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a proxy writes becomes entries of AWS's access logs."""

import shlex
from dataclasses import replace

import pytest

from local_cloud.reconcile import access_logs
from local_cloud.reconcile.access_records import FIELDS, SEPARATOR, entry
from local_cloud.reconcile.desired import Action, Certificate, Encryption, Listener, ListenerRule, LogBucket
from tests.local_cloud.test_haproxy import BALANCER, forward

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
ENCRYPTION = Encryption((Certificate("arn:default", ("a.example",)), Certificate("arn:second", ("*.b.example",))), (), (), ())
RULES = (ListenerRule((), Action("redirect"), 7), ListenerRule((), forward(("app", 1))))
WEB = replace(
    BALANCER,
    arn=ARN,
    logs=LogBucket("logs", "web"),
    listeners=(Listener(80, "HTTP", RULES), Listener(443, "HTTPS", RULES, ENCRYPTION)),
)
RECORD = {
    "frontend": "listener-443~",
    "seconds": "1530570180",
    "milliseconds": "5",
    "total": "1095",
    "receiving": "10",
    "queueing": "0",
    "connecting": "5",
    "waiting": "1048",
    "client": "192.0.2.1:2817",
    "target": "10.0.0.4:3000",
    "status": "200",
    "target_status": "200",
    "received": "34",
    "sent": "366",
    "method": "GET",
    "uri": "https://www.b.example/a?b=c",
    "version": "HTTP/2.0",
    "group": "app",
    "cipher": "TLS_AES_128_GCM_SHA256",
    "protocol": "TLSv1.3",
    "asked": "www.b.example",
    "host": "www.b.example",
    "agent": 'curl/"7"',
    "trace": "Root=1-58337262-36d228ad5d99923122bbe354",
    "rule": "1",
    "location": "",
}


def written(**changes: str) -> list[str]:
    line = entry(WEB, SEPARATOR.join((RECORD | changes).values()))
    assert line
    return shlex.split(line)


def test_an_entry_has_everything_in_its_place() -> None:
    assert list(RECORD) == list(FIELDS)
    assert written() == [
        "h2",
        "2018-07-02T22:23:01.100000Z",
        "app/web/50dc6c495c0c9188",
        "192.0.2.1:2817",
        "10.0.0.4:3000",
        "0.015",
        "1.048",
        "0.032",
        "200",
        "200",
        "34",
        "366",
        "GET https://www.b.example:443/a?b=c HTTP/2.0",
        r"curl/\x227\x22",
        "TLS_AES_128_GCM_SHA256",
        "TLSv1.3",
        "arn:app",
        "Root=1-58337262-36d228ad5d99923122bbe354",
        "www.b.example",
        "arn:second",
        "0",
        "2018-07-02T22:23:00.005000Z",
        "forward",
        "-",
        "-",
        "10.0.0.4:3000",
        "200",
        "-",
        "-",
    ]


def test_a_redirect_has_no_target() -> None:
    words = written(
        frontend="listener-80",
        target="-:-",
        rule="0",
        uri="/a",
        version="HTTP/1.1",
        location="https://www.b.example:443/a",
        group="listener-80",
        target_status="",
        asked="",
    )
    assert words[0] == "http"
    assert words[4:8] == ["-", "-1", "-1", "-1"]
    assert words[12] == "GET http://www.b.example:80/a HTTP/1.1"
    assert (words[16], words[19], words[20]) == ("-", "-", "7")
    assert words[22:24] == ["redirect", "https://www.b.example:443/a"]


@pytest.mark.parametrize("line", ["", "[NOTICE] something else", SEPARATOR.join(["listener-81"] * len(FIELDS))])
def test_what_is_no_record_is_left_out(line: str) -> None:
    assert entry(WEB, line) is None


def test_files_have_the_names_that_tools_look_for() -> None:
    name = access_logs.key(WEB, WEB.logs, 1530570180)
    assert name.startswith(
        "web/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2018/07/02/123456789012_elasticloadbalancing_"
    )
    assert "_eu-west-1_app.web.50dc6c495c0c9188_20180702T2223Z_10.0.0.6_" in name
