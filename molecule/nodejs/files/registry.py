# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay out the installed Node.js as an npm registry has it: registry.py HOME DIRECTORY VERSION."""

import base64
import hashlib
import json
import platform
import sys
import tarfile
from pathlib import Path

home, directory, version = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]


def publish(name: str, content: dict[str, Path]) -> None:
    """Pack files and directories, by their paths in the package, and tell their integrity."""
    archive = directory / name / "-" / f"{name}-{version}.tgz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz", compresslevel=1) as target:
        for path, source in content.items():
            target.add(source, f"package/{path}")
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    (directory / name / version).write_text(json.dumps({"dist": {"integrity": integrity}}))


architecture = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
publish(f"node-linux-{architecture}", {"bin/node": home / "bin/node"})
npm = home / "lib/node_modules/npm"
publish("npm", {path.name: path for path in npm.iterdir()})
