# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configure the instance that this bundle has been unpacked on: `configure.py`, as root, with instance.json beside it.

It installs Ansible, of which every version and checksum is in requirements.txt, and runs the same playbooks that are pushed
to other hosts, with the same variables, on this host alone. Python 3.9 has to do: it is what Amazon Linux 2023 begins with.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).resolve().parent
HOME = Path("/opt/terrace")
AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
# What the distributions call a Python that the pinned Ansible runs on.
APT, APT_PACKAGES = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"], ["python3-venv"]
DNF, DNF_PACKAGES = ["dnf", "-q", "-y"], ["python3.11", "python3.11-pip"]
# Others that install at boot lock the package lists, for which apt-get does not wait.
ATTEMPTS, PAUSE = 10, 15
LEAST = (3, 11)


def run(command: list[str], **variables: str) -> None:
    """Run a command, whose output goes to the log."""
    subprocess.run(command, check=True, env={**os.environ, **variables})


def authorities() -> str:
    """Return the system's certificates, those of a company's proxy included."""
    return next((path for path in AUTHORITIES if Path(path).exists()), "")


def python() -> str:
    """Return the path of a Python that can make environments, installed if need be."""
    debian = shutil.which("apt-get") is not None
    name = "python3" if debian else "python3.11"
    if not _suits(name):
        if debian:
            _update()
            install = [*APT, "install", "-y", "--no-install-recommends", *APT_PACKAGES]
        else:
            install = [*DNF, "install", *DNF_PACKAGES]
        run(install, DEBIAN_FRONTEND="noninteractive")
    if not _suits(name):
        raise SystemExit(f"{name} is no Python {'.'.join(map(str, LEAST))} or later that can make environments")
    return name


def _suits(name: str) -> bool:
    """Whether there is such a Python, new enough, with what makes environments."""
    probe = f"import ensurepip, sys; sys.exit(sys.version_info < {LEAST})"
    found = shutil.which(name) is not None
    return found and subprocess.run([name, "-c", probe], check=False, stderr=subprocess.DEVNULL).returncode == 0


def _update() -> None:
    """Fetch the lists of packages."""
    for left in reversed(range(ATTEMPTS)):
        if subprocess.run([*APT, "update"], check=left == 0).returncode == 0:
            return
        time.sleep(PAUSE)


def ansible() -> Path:
    """Return the environment with the pinned Ansible. An image may have it already: it is named after what it holds."""
    requirements = BUNDLE / "requirements.txt"
    home = HOME / f"ansible-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        run([python(), "-m", "venv", str(home)])
        trusted = {"PIP_CERT": os.environ.get("PIP_CERT", authorities())} if authorities() else {}
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
        run([*pip, "--only-binary=:all:", "--require-hashes", "--requirement", str(requirements)], **trusted)
        (home / "complete").touch()
    return home


def inventory(instance: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Write an inventory of this host alone, in all of its groups."""
    directory = BUNDLE / "inventory"
    (directory / "host_vars").mkdir(parents=True, exist_ok=True)
    name = instance["instance"]
    groups: dict[str, Any] = {group: {"hosts": {name: None}} for group in manifest["groups"]}
    # Those that are left alone by what is pushed.
    groups["terrace_fleets"] = {}
    (directory / "hosts.json").write_text(json.dumps({"all": {"hosts": {name: None}, "children": groups}}))
    variables = directory / "host_vars" / name
    variables.mkdir(exist_ok=True)
    # As the inventory has them: what they look up is looked up here, by this host's role.
    shutil.copyfile(BUNDLE / "variables.yml", variables / "1-described.yml")
    facts = {
        "ansible_connection": "local",
        "private_ip_address": instance["address"],
        "terrace_bundle": str(BUNDLE),
        "terrace_outputs": instance["outputs"],
    }
    (variables / "2-instance.json").write_text(json.dumps(facts))


def main() -> None:
    """Run the playbooks, one after the other. The first that fails ends it."""
    instance = json.loads((BUNDLE / "instance.json").read_text())
    manifest = json.loads((BUNDLE / "manifest.json").read_text())
    home = ansible()
    settings = {
        "ANSIBLE_CONFIG": str(BUNDLE / "ansible.cfg"),
        "AWS_REGION": instance["region"],
        "AWS_DEFAULT_REGION": instance["region"],
        "PATH": f"{home / 'bin'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    if authorities():
        # botocore would trust its own list.
        settings.setdefault("AWS_CA_BUNDLE", os.environ.get("AWS_CA_BUNDLE", authorities()))
    inventory(instance, manifest)
    for playbook in manifest["playbooks"]:
        named = playbook if playbook.count(".") == 2 and "/" not in playbook else str(BUNDLE / "project" / playbook)
        print(f"{playbook}", flush=True)
        run([str(home / "bin" / "ansible-playbook"), "--extra-vars=terrace_discovered=true", named], **settings)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{Path(error.cmd[0]).name} ended with {error.returncode}")
