# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands say what is the matter; `run` hands its command a safe environment."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
NAME = "commands"
STATE = CHECKOUT / f".local/cloud-{NAME}/state.json"


def cloud(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TERRACE_LOCAL_CLOUD": NAME} | variables
    command = [sys.executable, "-m", "local_cloud", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like the daemon, and its state."""
    wait = "import signal; signal.pause()"
    with subprocess.Popen([sys.executable, "-c", wait, "local_cloud.daemon"]) as process:
        STATE.parent.mkdir(parents=True, exist_ok=True)
        STATE.write_text(json.dumps({"endpoint": "http://127.0.0.1:9", "pid": process.pid, "ca_file": "ca.pem"}))
        yield process
        process.send_signal(signal.SIGKILL)
    STATE.unlink()


def test_what_does_not_run_is_said() -> None:
    assert (cloud("status").returncode, cloud("status").stdout) == (3, "local cloud: not running\n")
    done = cloud("run", "--", "true")
    assert (done.returncode, done.stderr) == (1, "local cloud: not running: python -m local_cloud up, or make demo\n")


@pytest.mark.usefixtures("daemon")
def test_run_replaces_the_callers_account() -> None:
    done = cloud("run", "--", "env", AWS_PROFILE="production", AWS_SESSION_TOKEN="secret", KEPT="yes")
    seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert (seen["AWS_ENDPOINT_URL"], seen["KEPT"]) == ("http://127.0.0.1:9", "yes")
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN"}.isdisjoint(seen)


@pytest.mark.usefixtures("daemon")
def test_run_passes_the_status_on() -> None:
    assert cloud("run", "--", "sh", "-c", "exit 7").returncode == 7
    done = cloud("run", "--", "no-such-command")
    assert (done.returncode, done.stderr) == (1, "local cloud: cannot run no-such-command: No such file or directory\n")


def test_run_refuses_other_endpoints(daemon: subprocess.Popen[bytes]) -> None:
    STATE.write_text(json.dumps({"endpoint": "https://ec2.eu-west-1.example.com", "pid": daemon.pid, "ca_file": "ca.pem"}))
    done = cloud("run", "--", "env")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not on this machine's loopback interface" in done.stderr
