# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that instances run first, against a metadata service and an AWS of a few lines."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ansible_collections.terrace.aws.plugins.module_utils import first_boot

KEYS = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "abc/def+ghi", "Token": "token=="}
NOW = datetime.datetime(2026, 11, 20, 12, 30, 0, tzinfo=datetime.UTC)
FORM = {"content-type": "application/x-www-form-urlencoded"}
GONE = b"<Error><Code>ValidationError</Code><Message>No active Lifecycle Action found</Message></Error>"


@pytest.mark.parametrize(
    ("service", "method", "path", "headers", "body"),
    [
        ("s3", "GET", "/bucket/stack/bundles/app/0123.tar.gz", {}, b""),
        ("autoscaling", "POST", "/", FORM, b"Action=CompleteLifecycleAction"),
        ("logs", "POST", "/", {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs.Put"}, b'{"a": 1}'),
    ],
)
def test_signatures_are_those_of_botocore(
    monkeypatch: pytest.MonkeyPatch, service: str, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    url = f"https://{service}.eu-west-1.amazonaws.com{path}"
    ours = first_boot.signed(method, url, headers, body, service, "eu-west-1", KEYS, NOW)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_arguments: NOW.replace(tzinfo=None))
    request = AWSRequest(method, url, headers={**headers, "X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest()}, data=body)
    credentials = Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"])
    (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, "eu-west-1").add_auth(request)
    assert ours["authorization"] == request.headers["Authorization"]


class Aws(BaseHTTPRequestHandler):
    """Answers as the metadata service and as AWS, and remembers what it was asked."""

    def log_message(self, *_arguments: Any) -> None: ...

    def do_PUT(self) -> None:
        self._answer(b"token")

    def do_GET(self) -> None:
        if self.path.startswith("/latest/"):
            assert self.headers["X-aws-ec2-metadata-token"] == "token"
            self._answer(self.server.metadata[self.path.removeprefix("/latest/")].encode())
        else:
            self.server.asked.append((self.path, ""))
            status = self.server.refusals.pop() if self.server.refusals else 200
            self._answer(self.server.bundle, status)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.asked.append((self.headers.get("x-amz-target", ""), body))
        lifecycle = "CompleteLifecycleAction" in body
        self._answer(GONE, 400) if lifecycle and not self.server.waiting else self._answer(b"{}")

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """What the handler knows."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Aws)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.bundle = b""
        self.waiting, self.refusals = True, list[int]()
        self.asked: list[tuple[str, str]] = []
        self.metadata = {
            "meta-data/instance-id": "i-1",
            "meta-data/iam/security-credentials/": "app",
            "meta-data/iam/security-credentials/app": json.dumps(KEYS),
            "dynamic/instance-identity/document": json.dumps({"privateIp": "10.0.0.1"}),
        }

    @property
    def result(self) -> str:
        """Return what the hook was told."""
        forms = [dict(urllib.parse.parse_qsl(body)) for _target, body in self.asked if "CompleteLifecycleAction" in body]
        (form,) = forms
        assert (form["InstanceId"], form["LifecycleHookName"], form["AutoScalingGroupName"]) == ("i-1", "bootstrap", "demo-app")
        return form["LifecycleActionResult"]

    @property
    def log(self) -> list[str]:
        """Return what the log group got."""
        bodies = [json.loads(body) for target, body in self.asked if target.endswith("PutLogEvents")]
        return [event["message"] for body in bodies for event in body["logEvents"]]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(os, "environ", dict(os.environ, AWS_ENDPOINT_URL=server.url))
        monkeypatch.setattr(first_boot, "METADATA", f"{server.url}/latest/")
        monkeypatch.setattr(first_boot, "HOME", tmp_path / "terrace")
        monkeypatch.setattr(first_boot, "LOG", tmp_path / "log")
        monkeypatch.setattr(first_boot, "PAUSE", 0)
        yield server
        server.shutdown()


def packed(program: str) -> tuple[bytes, str]:
    """Return a bundle with the program, and its checksum."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        member = tarfile.TarInfo("configure.py")
        member.size = len(program)
        archive.addfile(member, io.BytesIO(program.encode()))
    return gzip.compress(plain.getvalue()), hashlib.sha256(plain.getvalue()).hexdigest()


def boot(aws: Server, program: str, **changes: Any) -> int:
    """Boot with a bundle that has the program, and return the status."""
    aws.bundle, digest = packed(program)
    settings = {
        "region": "eu-west-1",
        "domain": "amazonaws.com",
        "bundle": "bucket/key.tar.gz",
        "sha256": digest,
        "scaling_group": "demo-app",
        "hook": "bootstrap",
        "log_group": "/terrace/demo/bootstrap-app",
        "timeout": 600,
        "environment": {},
        "user_data": "",
        "outputs": {},
        **changes,
    }
    with pytest.raises(SystemExit) as ended:
        first_boot.main(settings)
    return int(ended.value.code or 0)


def test_a_good_bundle_puts_the_instance_into_service(aws: Server) -> None:
    program = (
        "import json, pathlib; print('at', json.loads(pathlib.Path(__file__).with_name('instance.json').read_text())['address'])"
    )
    assert boot(aws, program) == 0
    assert aws.result == "CONTINUE"
    assert aws.log[0] == "at 10.0.0.1"
    assert aws.log[-1].startswith("i-1 configured after")


def test_a_failure_gives_the_instance_up_and_tells_why(aws: Server) -> None:
    assert boot(aws, "raise SystemExit('no database')") == 1
    assert aws.result == "ABANDON"
    assert aws.log[0] == "no database"
    assert "failed" in aws.log[-1]


def test_another_checksum_is_not_run(aws: Server, tmp_path: Path) -> None:
    assert boot(aws, f"open({str(tmp_path / 'ran')!r}, 'w')", sha256="0" * 64) == 1
    assert aws.result == "ABANDON"
    assert "has the checksum" in aws.log[-1]
    assert not (tmp_path / "ran").exists()


def test_a_role_that_is_not_known_everywhere_yet_is_waited_for(aws: Server) -> None:
    aws.refusals = [403, 403]
    assert boot(aws, "") == 0
    assert [path for path, _body in aws.asked].count("/bucket/key.tar.gz") == 3


def test_a_script_of_the_user_is_run_first_and_ends_it_when_it_fails(aws: Server) -> None:
    assert boot(aws, "print('bundle')", user_data="#!/bin/sh\necho first\n") == 0
    assert aws.log[:2] == ["first", "bundle"]
    aws.asked.clear()
    assert boot(aws, "print('bundle')", user_data="#!/bin/sh\nexit 3\n") == 1
    assert aws.result == "ABANDON"


def test_proxies_are_for_everything_but_the_metadata_service(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "no_proxy", "127.0.0.1")
    proxied = {"HTTP_PROXY": "http://proxy.example.com:3128", "http_proxy": "http://proxy.example.com:3128"}
    assert boot(aws, "import os; print(os.environ['HTTP_PROXY'], os.environ['no_proxy'])", environment=proxied) == 0
    assert aws.log[0] == f"http://proxy.example.com:3128 127.0.0.1,{aws.url.removeprefix('http://')}"


def test_an_instance_that_no_hook_waits_for_is_configured_too(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_boot, "PATIENCE", 0)
    aws.waiting = False
    assert boot(aws, "", timeout=60) == 0


def test_an_instance_may_fail_before_its_hook_waits(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_boot, "PAUSE", 0.1)
    aws.waiting = False
    threading.Timer(0.5, lambda: setattr(aws, "waiting", True)).start()
    assert boot(aws, "raise SystemExit(1)") == 1
    told = [body for _target, body in aws.asked if "CompleteLifecycleAction" in body]
    assert len(told) > 1
    assert all("ABANDON" in body for body in told)


def test_the_deadline_ends_what_takes_too_long(aws: Server) -> None:
    assert boot(aws, "import time; time.sleep(60)", timeout=first_boot.PATIENCE) == 1
    assert aws.result == "ABANDON"
    assert "timed out" in aws.log[-1]
