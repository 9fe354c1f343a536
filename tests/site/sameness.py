# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is like: its files, packages, units and users. And what may differ between two that are alike."""

from __future__ import annotations

import json
import re
from typing import Any

PROBE = """
import hashlib, json, os, stat, subprocess
state = {}
for root in ("/etc", "/srv", "/opt", "/usr/local", "/root", "/var/lib", "/var/cache", "/home"):
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(directory, name)
            try:
                seen = os.lstat(path)
                kind = stat.S_IFMT(seen.st_mode)
                content = ""
                if stat.S_ISLNK(seen.st_mode):
                    content = os.readlink(path)
                elif stat.S_ISREG(seen.st_mode):
                    content = hashlib.sha256(open(path, "rb").read()).hexdigest()
            except OSError:
                continue
            state[path] = "%o %d:%d %s" % (seen.st_mode, seen.st_uid, seen.st_gid, content)
def lines(kind, *command):
    for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
        if line.strip():
            state[kind + " " + line.split()[0]] = " ".join(line.split()[1:])
lines("package", "dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\\n")
lines("unit", "systemctl", "list-unit-files", "--no-legend", "--plain")
lines("running", "systemctl", "list-units", "--state=active", "--type=service,socket,timer", "--no-legend", "--plain")
lines("user", "getent", "passwd")
lines("group", "getent", "group")
print(json.dumps(state))
"""
# Each with its reason. What no pattern matches has to be the same.
MAY_DIFFER = {
    "the bundle, and the Ansible that runs it": r"/opt/terrace(/|$)",
    "what makes Python environments": (
        r"package (python3-(venv|pip-whl|setuptools-whl|distutils|lib2to3)|python3\.\d+-venv)$"
        r"|/var/lib/dpkg/info/python3(-|\.\d+-venv).*"
    ),
    "names, addresses and keys of one host": (
        r"/etc/(hostname|hosts|machine-id|resolv\.conf|mtab|ssh/ssh_host_.*)$|/var/lib/(dbus/machine-id|cloud(/.*)?)$"
    ),
    "passwords that are drawn by lot, and the copies of those files": r"/etc/(shadow|gshadow|passwd|group|subuid|subgid)-?$",
    "lists, caches and logs of packages": (
        r"/var/(lib|cache)/(apt|dpkg/(available|status|lock|triggers)|dpkg/.*-old|debconf|ucf|ldconfig|man|python)(/.*|-.*)?$"
        r"|/etc/ld\.so\.cache$"
    ),
    "what npm has fetched and built with": r"/var/cache/messages-api-build(/|$)",
    "who was started with user data": r"(running|unit) user-data\.service$",
    "what a program keeps about itself": r"/var/lib/(messages-api-secrets|systemd|chrony|private|misc)(/|$)",
    "what Ansible leaves behind": r"/root/\.ansible(/|$)|/root$",
}


def state_of(container: Any) -> dict[str, str]:
    """Return what a host is like, one entry for each file, package, unit and user."""
    done = container.exec_run(["python3", "-c", PROBE])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def difference(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return what differs and may not."""
    allowed = [re.compile(pattern) for pattern in MAY_DIFFER.values()]
    changed = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    return [
        f"{name}: {one.get(name)} | {other.get(name)}" for name in changed if not any(pattern.match(name) for pattern in allowed)
    ]
