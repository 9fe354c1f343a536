# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give an app the current values of its secrets, and restart it when they have changed: refresh.py SETTINGS.JSON.

With `hold` after the settings it keeps away while a release is activated, with `release` not any more.

The settings name secrets and files, see templates/refresh.json.j2. Values go from Secrets Manager into the app's file of
secrets and nowhere else; what is remembered between two runs is which versions they were.

Exit status: 0 when the app has the current values, 1 when it could not be given them and has those of before.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CURRENT = "AWSCURRENT"
# A hold that nobody released is that of a run that was killed.
LONGEST_HOLD = 900
# What did not become healthy is tried again, but not every time: each try restarts the app twice.
RETRY_AFTER = 3600
ANSWER_TIMEOUT = 5
ESCAPED = re.compile(r'(["\\$`])')


class Unable(Exception):
    """Why the app does not have the current values."""


def assign(name: str, value: str) -> str:
    """Return a line of an environment file, as templates/secrets.j2 writes it."""
    return f'{name}="' + ESCAPED.sub(r"\\\1", value) + '"\n'


def secrets_client(region: str) -> Any:
    """Return a client that also knows the endpoint variables on distributions whose boto3 does not."""
    import boto3

    endpoint = os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER") or os.environ.get("AWS_ENDPOINT_URL")
    return boto3.client("secretsmanager", region_name=region or None, endpoint_url=endpoint)


def current_versions(client: Any, sources: list[dict[str, Any]]) -> dict[str, str]:
    """Return the id of each secret's current version."""
    versions = {}
    for name in {source["secret"] for source in sources}:
        labels = client.describe_secret(SecretId=name).get("VersionIdsToStages", {})
        current = [version for version, stages in labels.items() if CURRENT in stages]
        if not current:
            raise Unable(f"secret {name} has no value")
        versions[name] = current[0]
    return versions


def variables(client: Any, sources: list[dict[str, Any]], versions: dict[str, str]) -> dict[str, str]:
    """Return the variables with the values of those versions; later ones win, as in the file."""
    found: dict[str, str] = {}
    values: dict[str, str] = {}
    for source in sources:
        name = source["secret"]
        if name not in values:
            values[name] = client.get_secret_value(SecretId=name, VersionId=versions[name])["SecretString"]
        if source.get("variable"):
            found[source["variable"]] = values[name]
        for variable, key in sorted((source.get("variables") or {}).items()):
            found[variable] = _field(name, values[name], key)
    return found


def _field(name: str, value: str, key: str) -> str:
    try:
        return str(json.loads(value)[key])
    except (ValueError, TypeError, KeyError):
        raise Unable(f"secret {name} is no JSON object with {key}") from None


class App:
    """The app's unit and its files."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        # What replaces the app in its slots, where it has two; it has no unit of its own then.
        self.replace: list[str] = settings["replace"]
        self.file = Path(settings["file"])

    @property
    def unit(self) -> str:
        """Return the name of the unit that serves."""
        if not self.replace:
            unit: str = self.settings["unit"]
            return unit
        return subprocess.run([*self.replace, "--unit"], check=True, capture_output=True, text=True).stdout.strip()

    def process(self) -> int:
        """Return the id of the app's process, 0 when it does not run."""
        shown = subprocess.run(
            ["systemctl", "show", "--property=MainPID", "--value", self.unit], check=True, capture_output=True, text=True
        )
        return int(shown.stdout or 0)

    def has(self, wanted: dict[str, str]) -> bool:
        """Return whether the running process was started with these variables. What does not run need not be restarted."""
        process = self.process()
        if not process:
            return True
        try:
            environment = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
        return {os.fsencode(f"{name}={value}") for name, value in wanted.items()} <= set(environment)

    def write(self, content: str) -> None:
        """Replace the file of secrets at once, for root and the app's group only."""
        following = self.file.with_name(f".{self.file.name}.new")
        following.unlink(missing_ok=True)
        with os.fdopen(os.open(following, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
        shutil.chown(following, "root", self.settings["group"])
        following.chmod(0o640)
        following.replace(self.file)

    def restart(self) -> None:
        """Restart the app, wait until it is healthy, and stays so in the same process."""
        if self.replace:
            self._replace()
        else:
            self._restart()

    def _restart(self) -> None:
        if subprocess.run(["systemctl", "restart", self.unit], check=False).returncode:
            raise Unable(f"{self.unit} did not start")
        self._first_answer()
        process = self.process()
        for _answer in range(self.settings["successes"] - 1):
            time.sleep(0.5)
            if not self.healthy():
                raise Unable(f"{self.unit} did not stay healthy")
        if self.process() != process:
            raise Unable(f"{self.unit} crashed")

    def _replace(self) -> None:
        done = subprocess.run(self.replace, check=False, capture_output=True, text=True)
        if done.returncode:
            raise Unable(done.stderr.strip())

    def _first_answer(self) -> None:
        deadline = time.monotonic() + self.settings["timeout"]
        while not self.healthy():
            if time.monotonic() > deadline:
                raise Unable(f"{self.unit} did not become healthy within {self.settings['timeout']} seconds")
            time.sleep(1)

    def healthy(self) -> bool:
        """Return whether the app answers well. No proxy is asked for the host's own address."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.settings["health_url"], timeout=ANSWER_TIMEOUT) as response:
                return bool(response.status == 200)
        except OSError:
            return False


def stamp(file: Path) -> list[int]:
    """Return what tells that somebody else has written the file since."""
    found = file.stat()
    return [found.st_ino, found.st_mtime_ns]


def read_state(file: Path) -> dict[str, Any]:
    """Return what the last run remembered, nothing before the first."""
    try:
        state: dict[str, Any] = json.loads(file.read_text())
        return state
    except (OSError, ValueError):
        return {}


def refresh(app: App, client: Any, state_file: Path) -> str:
    """Give the app the current values, and return what was done."""
    sources = app.settings["secrets"]
    versions = current_versions(client, sources)
    state = read_state(state_file)
    seen = {"versions": versions, "sources": sources, "file": stamp(app.file)}
    if {key: state.get(key) for key in seen} == seen:
        return "nothing new"
    refused = state.get("refused")
    if refused and refused["versions"] == versions and time.time() < refused["at"] + RETRY_AFTER:
        raise Unable("these versions did not make a healthy app; they are tried again within the hour")

    wanted = variables(client, sources, versions)
    before = app.file.read_text(encoding="utf-8")
    content = _heading(before) + "".join(assign(name, value) for name, value in wanted.items())
    done = "the app has them already"
    if content != before or not app.has(wanted):
        try:
            _apply(app, content, before)
        except Unable:
            state_file.write_text(json.dumps({"refused": {"versions": versions, "at": time.time()}}))
            raise
        done = "the app was restarted with new values"
    state_file.write_text(json.dumps({"versions": versions, "sources": sources, "file": stamp(app.file)}))
    return done


def _heading(content: str) -> str:
    """Return the comments that a file begins with, as the role writes them."""
    match = re.match(r"(?:#.*\n)*", content)
    return match[0] if match else ""


def _apply(app: App, content: str, before: str) -> None:
    """Write, restart; go back to what was before if the app does not become healthy."""
    app.write(content)
    if not app.process():
        return
    try:
        app.restart()
    except Unable as error:
        app.write(before)
        try:
            app.restart()
        except Unable as second:
            raise Unable(f"{error}; with the values of before: {second}") from None
        raise Unable(f"{error}; it runs with the values of before") from None


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Wait until no other run is under way."""
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def held(file: Path) -> bool:
    """Return whether a release is being activated."""
    try:
        return time.time() < file.stat().st_mtime + LONGEST_HOLD
    except FileNotFoundError:
        return False


def main(argv: list[str]) -> int:
    """Refresh, hold or release, and return the exit status."""
    settings = json.loads(Path(argv[0]).read_text())
    command = argv[1] if len(argv) > 1 else "refresh"
    directory = Path(settings["state"])
    hold = directory / "hold"
    with locked(directory / "lock"):
        if command == "hold":
            hold.touch()
        elif command == "release":
            hold.unlink(missing_ok=True)
        elif held(hold):
            print("a release is being activated")
        else:
            return _run(App(settings), directory / "applied.json", settings["region"])
    return 0


def _run(app: App, state_file: Path, region: str) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        print(refresh(app, secrets_client(region), state_file))
    except (Unable, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
