# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace a running app by another release of it, or by the same with other settings: slots.py SETTINGS.JSON [RELEASE] [--check].

There are two slots, a and b, each with a private port. nginx sends requests to the active one. The candidate starts in the
other; when it is healthy, and stays so, a file tells nginx, which looks for it at each request and so need not be reloaded.
The one of before answers what it has, and is stopped. What runs is touched only after the candidate is healthy.

It prints {"changed": ..., "slot": ..., "drained": seconds} and ends with 0, or says on standard error why the app is as it was
before, and ends with 1. With --check it only tells whether it would change anything, with --unit which unit serves.
Without RELEASE it takes the current one.
Settings: see templates/slots.json.j2.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SLOTS = ("a", "b")
ANSWER_TIMEOUT = 5
PAUSE = 0.5
# A candidate that crashes that often does not wait for anything: it is broken.
CRASHES = 3
# Of /proc/net/tcp: a request is under way, or about to be.
ESTABLISHED, BEING_ESTABLISHED = "01", "03"
# As long as nginx needs at most between choosing a slot and connecting to it, for a request without a body.
SETTLE = 0.5


class Unable(Exception):
    """Why the app is as it was before."""


class Slots:
    """The two slots of an app, and which of them is active."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.directory = Path(settings["directory"])
        self.configuration = Path(settings["configuration"])
        self.current = self.directory / "current"
        # nginx looks for it at each request.
        self.marker = self.directory / "slots" / "b-is-active"

    @property
    def active(self) -> str:
        """Return the slot that nginx sends requests to."""
        return "b" if self.marker.exists() else "a"

    @property
    def spare(self) -> str:
        """Return the other."""
        return SLOTS[self.active == "a"]

    def unit(self, slot: str) -> str:
        """Return the name of a slot's unit."""
        return f"{self.settings['name']}@{slot}.service"

    def port(self, slot: str) -> int:
        """Return the port of a slot, which nobody but nginx is to ask."""
        return int(self.settings["ports"][slot])

    def wanted(self) -> dict[str, str]:
        """Return what a process is started with, by name: a difference takes another process."""
        files = {name: self.configuration / name for name in ("environment", "secrets")}
        files["unit"] = Path(self.settings["unit"])
        return {name: file.read_text(encoding="utf-8") for name, file in files.items()} | {"port": ""}

    def has(self, slot: str, release: Path) -> bool:
        """Return whether a slot has the release with the settings in force, and runs."""
        place = self.configuration / "slots" / slot
        link = self.directory / "slots" / slot
        try:
            same = all((place / name).read_text(encoding="utf-8") == text for name, text in self._contents(slot).items())
            return same and link.readlink() == release and self.state(slot)["ActiveState"] == "active"
        except OSError:
            return False

    def fill(self, slot: str, release: Path) -> None:
        """Give a slot the release and the settings in force."""
        place = self.configuration / "slots" / slot
        place.mkdir(mode=0o750, parents=True, exist_ok=True)
        for directory in (place.parent, place):
            shutil.chown(directory, "root", self.settings["group"])
        for name, text in self._contents(slot).items():
            write(place / name, text, self.settings["group"])
        relink(self.directory / "slots" / slot, release)

    def _contents(self, slot: str) -> dict[str, str]:
        return self.wanted() | {"port": f"PORT={self.port(slot)}\n"}

    def state(self, slot: str) -> dict[str, str]:
        """Return what systemd knows of a slot's process."""
        shown = systemctl("show", "--property=ActiveState,MainPID,NRestarts", self.unit(slot))
        return dict(line.split("=", 1) for line in shown.splitlines())

    def await_health(self, slot: str) -> None:
        """Wait for as many good answers in a row from one process as make it healthy."""
        deadline = time.monotonic() + self.settings["timeout"]
        answers, process = 0, ""
        while answers < self.settings["successes"]:
            state = self.state(slot)
            good = healthy(f"http://127.0.0.1:{self.port(slot)}{self.settings['health_path']}")
            if process and (state["MainPID"] != process or not good):
                raise Unable("it did not stay healthy")
            if int(state["NRestarts"]) >= CRASHES:
                raise Unable(f"it crashed {state['NRestarts']} times")
            if good and state["MainPID"] != "0" and state["ActiveState"] == "active":
                answers, process = answers + 1, state["MainPID"]
            elif time.monotonic() > deadline:
                raise Unable(f"it did not become healthy within {self.settings['timeout']} seconds")
            time.sleep(PAUSE)
        if self.state(slot)["MainPID"] != process:
            raise Unable("it did not stay healthy")

    def activate(self, slot: str, release: Path) -> None:
        """Send requests to a slot from now on, also after a restart of the host."""
        systemctl("enable", "--quiet", self.unit(slot))
        relink(self.current, release)
        if slot == "b":
            self.marker.touch()
        else:
            self.marker.unlink(missing_ok=True)

    def retire(self, slot: str) -> float:
        """Stop a slot that gets no more requests when it has answered those it has; return the seconds that took."""
        began = time.monotonic()
        systemctl("disable", "--quiet", self.unit(slot))
        if self.state(slot)["ActiveState"] != "inactive":
            time.sleep(SETTLE)
            while connections(self.port(slot)) and time.monotonic() < began + self.settings["drain_timeout"]:
                time.sleep(0.1)
            systemctl("stop", self.unit(slot))
        return round(time.monotonic() - began, 1)


def systemctl(*arguments: str) -> str:
    """Run systemctl and return what it prints."""
    done = subprocess.run(["systemctl", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Unable(f"systemctl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def healthy(url: str) -> bool:
    """Return whether a URL answers well. No proxy is asked for the host's own address."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_TIMEOUT) as response:
            return bool(response.status == 200)
    except (OSError, ValueError):
        return False


def connections(port: int) -> int:
    """Return how many connections to a port of this host there are, idle ones included; nginx ends those soon."""
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            _number, local, _remote, state = line.split()[:4]
            count += local.endswith(f":{port:04X}") and state in (ESTABLISHED, BEING_ESTABLISHED)
    return count


def write(file: Path, text: str, group: str) -> None:
    """Replace a file at once; root and the group may read it."""
    following = file.with_name(f".{file.name}.new")
    following.unlink(missing_ok=True)
    with os.fdopen(os.open(following, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    shutil.chown(following, "root", group)
    following.chmod(0o640)
    following.replace(file)


def relink(link: Path, target: Path) -> None:
    """Make a link point elsewhere: there is no moment without it."""
    following = link.with_name(f".{link.name}.new")
    following.unlink(missing_ok=True)
    following.symlink_to(target)
    following.replace(link)


def replace(slots: Slots, release: Path) -> dict[str, Any]:
    """Start the candidate, and make it the active one when it is healthy."""
    candidate, before = slots.spare, slots.active
    slots.fill(candidate, release)
    try:
        systemctl("restart", slots.unit(candidate))
        slots.await_health(candidate)
    except Unable:
        systemctl("stop", slots.unit(candidate))
        raise
    slots.activate(candidate, release)
    return {"changed": True, "slot": candidate, "drained": slots.retire(before)}


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Wait until nobody else replaces this app."""
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(settings: str, *arguments: str) -> int:
    """Replace what has to be replaced, and return the exit status."""
    slots = Slots(json.loads(Path(settings).read_text(encoding="utf-8")))
    if "--unit" in arguments:
        print(slots.unit(slots.active))
        return 0
    releases = [argument for argument in arguments if argument != "--check"]
    with locked(slots.directory / "slots" / "lock"):
        release = Path(releases[0]) if releases else slots.current.readlink()
        try:
            if slots.has(slots.active, release):
                result = {"changed": False, "slot": slots.active}
            elif "--check" in arguments:
                result = {"changed": True, "slot": slots.spare}
            else:
                result = replace(slots, release)
        except Unable as error:
            print(f"{slots.settings['name']}: {error}; what ran before goes on", file=sys.stderr)
            return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
