# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first boot of an instance that configures itself: fetch the bundle, verify it, run it, tell the Auto Scaling group.

This text is the user data. It needs Python 3.9 and its standard library, which every image with cloud-init has, and the
instance's role. What happened is in /var/log/terrace-bootstrap.log; the end of it goes to the stack's log group.
"""

from __future__ import annotations

import contextlib
import datetime
import gzip
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

Settings = dict  # what the tier compute gives: see tiers/_bootstrap.py
METADATA = "http://169.254.169.254/latest/"
HOME = pathlib.Path("/opt/terrace")
LOG = pathlib.Path("/var/log/terrace-bootstrap.log")
# News of a role reach the services late. Seconds.
PATIENCE, PAUSE = 120, 3
# What CloudWatch Logs takes at once: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
LINES, LINE = 500, 1800
LATE = (403, 408, 429, 500, 502, 503, 504)
GONE = "No active Lifecycle Action"


def metadata(path: str) -> str:
    """Return what the instance metadata service says. It is never asked through a proxy, and always with a token."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ask = urllib.request.Request(METADATA + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "300"})
    end = time.monotonic() + PATIENCE
    while True:
        try:
            token = opener.open(ask, timeout=10).read().decode()
            wanted = urllib.request.Request(METADATA + path, headers={"X-aws-ec2-metadata-token": token})
            return opener.open(wanted, timeout=10).read().decode()
        except OSError as error:
            if time.monotonic() > end:
                raise RuntimeError(f"the metadata service has no {path}: {error}") from None
        time.sleep(PAUSE)


def credentials() -> dict[str, str]:
    """Return the temporary keys of the instance's role."""
    role = metadata("meta-data/iam/security-credentials/").split()[0]
    return json.loads(metadata("meta-data/iam/security-credentials/" + role))


def signed(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    service: str,
    region: str,
    keys: dict[str, str],
    now: datetime.datetime,
) -> dict[str, str]:
    """Return the headers of a request with their signature.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    parts = urllib.parse.urlsplit(url)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = {
        **headers,
        "host": parts.netloc,
        "x-amz-date": stamp,
        "x-amz-content-sha256": digest,
        "x-amz-security-token": keys["Token"],
    }
    names = ";".join(sorted(headers))
    lines = [method, parts.path, parts.query, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, digest]
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    credential = keys["AccessKeyId"] + "/" + scope
    return {
        **headers,
        "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}",
    }


def call(settings: Settings, service: str, path: str = "/", body: bytes = b"", headers: dict[str, str] | None = None) -> Any:
    """Return the answer of a service of AWS, opened. What is not allowed yet may be soon."""
    method = "POST" if body else "GET"
    url = os.environ.get("AWS_ENDPOINT_URL") or f"https://{service}.{settings['region']}.{settings['domain']}"
    url = url.rstrip("/") + path
    end = time.monotonic() + PATIENCE
    while True:
        now = datetime.datetime.now(datetime.timezone.utc)
        try:
            sent = signed(method, url, headers or {}, body, service, settings["region"], credentials(), now)
            return urllib.request.build_opener().open(urllib.request.Request(url, body or None, sent, method=method), timeout=60)
        except OSError as error:
            code = getattr(error, "code", 503)
            if code not in LATE or time.monotonic() > end:
                said = error.read().decode(errors="replace")[:500] if isinstance(error, urllib.error.HTTPError) else ""
                raise RuntimeError(f"{service}{path.partition('?')[0]}: {error} {said}") from None
        time.sleep(PAUSE)


def complete(settings: Settings, instance: str, result: str, until: float) -> None:
    """End the wait of the lifecycle hook. An instance that was started by other means is not waited for.

    The wait begins some seconds after the instance runs, which one that fails at once may be ahead of.
    """
    form = {
        "Action": "CompleteLifecycleAction",
        "Version": "2011-01-01",
        "AutoScalingGroupName": settings["scaling_group"],
        "LifecycleHookName": settings["hook"],
        "LifecycleActionResult": result,
        "InstanceId": instance,
    }
    kind = {"content-type": "application/x-www-form-urlencoded"}
    while True:
        try:
            call(settings, "autoscaling", body=urllib.parse.urlencode(form).encode(), headers=kind)
            return
        except RuntimeError as error:
            if GONE not in str(error):
                raise
        if time.monotonic() > until:
            return
        time.sleep(PAUSE)


def report(settings: Settings, instance: str) -> None:
    """Send the end of the log to the stack's log group."""
    lines = [line[:LINE] for line in LOG.read_text(errors="replace").splitlines() if line.strip()][-LINES:]
    at = int(time.time() * 1000)
    stream = {"logGroupName": settings["log_group"], "logStreamName": instance}
    for operation, body in (
        ("CreateLogStream", stream),
        ("PutLogEvents", {**stream, "logEvents": [{"timestamp": at, "message": line} for line in lines]}),
    ):
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328." + operation}
        try:
            call(settings, "logs", body=json.dumps(body).encode(), headers=headers)
        except RuntimeError as error:
            if "ResourceAlreadyExists" not in str(error):
                raise


def unpacked(settings: Settings) -> pathlib.Path:
    """Return the directory of the bundle, which nothing of has run before its checksum was seen to be right."""
    directory = HOME / "bundles" / settings["sha256"]
    packed = directory.with_suffix(".tar")
    directory.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with call(settings, "s3", "/" + urllib.parse.quote(settings["bundle"])) as answer, packed.open("wb") as file:
        plain = gzip.GzipFile(fileobj=answer)
        while block := plain.read(1 << 20):
            digest.update(block)
            file.write(block)
    if digest.hexdigest() != settings["sha256"]:
        packed.unlink()
        raise RuntimeError(f"{settings['bundle']} has the checksum {digest.hexdigest()}, not {settings['sha256']}")
    with tarfile.open(packed) as archive:
        archive.extractall(directory)
    packed.unlink()
    return directory


def run(settings: Settings, instance: str, deadline: float) -> None:
    """Run the user's own script, then the bundle. Both write to the log. Raises on failure."""
    facts = json.loads(metadata("dynamic/instance-identity/document"))
    steps = []
    if settings["user_data"]:
        script = HOME / "user-data"
        script.write_text(settings["user_data"])
        script.chmod(0o700)
        steps.append([str(script)])
    directory = unpacked(settings)
    given = directory / "instance.json"
    given.write_text(json.dumps({**settings, "instance": instance, "address": facts["privateIp"]}))
    steps.append([sys.executable, str(directory / "configure.py")])
    environment = {"HOME": "/root", "LANG": "C.UTF-8", **os.environ}
    with LOG.open("ab") as log:
        for step in steps:
            left = max(deadline - time.monotonic(), 1)
            subprocess.run(step, stdout=log, stderr=log, check=True, timeout=left, env=environment)


def main(settings: Settings) -> None:
    """Configure the instance and tell how it went."""
    deadline = time.monotonic() + settings["timeout"] - PATIENCE
    os.environ.update(settings["environment"])
    # Libraries would ask the metadata service through a proxy.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), METADATA.split("/")[2]]))
    HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    LOG.touch(mode=0o600)
    begin = time.monotonic()
    result, said = "CONTINUE", "configured"
    instance = metadata("meta-data/instance-id")
    try:
        run(settings, instance, deadline)
    except Exception as error:
        result, said = "ABANDON", f"failed: {error}"
    with LOG.open("a") as log:
        log.write(f"{instance} {said} after {time.monotonic() - begin:.0f} s, bundle {settings['sha256'][:12]}\n")
    # The group has to know even where the log cannot be written.
    with contextlib.suppress(Exception):
        report(settings, instance)
    complete(settings, instance, result, until=begin + PATIENCE)
    sys.stdout.write(f"{said}\n")
    raise SystemExit(result != "CONTINUE")
