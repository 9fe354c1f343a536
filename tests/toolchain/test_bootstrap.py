# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting up a checkout that is set up costs nothing, and what is missing is named."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path


def bootstrap(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [".ci/bootstrap", *arguments],
        cwd=checkout,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_to_do_takes_no_time(checkout: Path) -> None:
    began = time.monotonic()
    done = bootstrap(checkout, "--python")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - began < 2


def test_an_engine_that_does_not_answer_is_named_with_the_remedy(checkout: Path, tmp_path: Path) -> None:
    """The user chose an engine elsewhere: no other one is installed or started."""
    done = bootstrap(checkout, DOCKER_HOST=f"unix://{tmp_path}/absent.sock")
    assert done.returncode == 1
    assert "Docker engine does not answer" in done.stderr
    assert "systemctl start docker" in done.stderr


def test_the_environment_is_exactly_the_lock(checkout: Path) -> None:
    lock = (checkout / "requirements-dev.lock").read_text()
    pinned = re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE)
    listed = subprocess.run(
        [".local/uv/bin/uv", "pip", "list", "--format=freeze", "--python", ".local/venv/bin/python"],
        cwd=checkout,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert set(listed) <= {f"{name}=={version}" for name, version in pinned}
