# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make archives of the distribution's WordPress, and of a plugin: archives.py DIRECTORY PLUGINS.

core.tar.gz is the core as it is, updated.tar.gz one with another version of its tables, broken.tar.gz one that cannot be
parsed; each plugin is a zip. The same package gives the same archives. Beside each is its checksum.
"""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

# WordPress, and the packages that its files are links to.
PACKAGES = ["wordpress", "wordpress-theme-twentytwentythree", "libjs-cropper", "libjs-underscore", "php-getid3"]


def core(scratch: Path) -> dict[str, bytes]:
    """Return the files of the packages' WordPress, links followed."""
    subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=scratch, check=True)
    for package in scratch.glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, scratch / "root"], check=True)
    root = scratch / "root" / "usr" / "share" / "wordpress"
    return {
        str(Path(directory, name).relative_to(root)): Path(directory, name).read_bytes()
        for directory, _, names in os.walk(root)
        for name in names
        if Path(directory, name).is_file()
    }


def pack(files: dict[str, bytes], target: Path) -> None:
    """Write a tar archive, as the project's own: all in one directory."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(f"wordpress/{name}")
            member.size, member.mode = len(content), 0o666
            archive.addfile(member, io.BytesIO(content))
    target.write_bytes(gzip.compress(plain.getvalue(), compresslevel=1, mtime=0))


def changed(files: dict[str, bytes], name: str, *changes: tuple[bytes, bytes]) -> dict[str, bytes]:
    """Return the files with some bytes of one changed."""
    content = files[name]
    for old, new in changes:
        if old not in content:
            sys.exit(f"{name} has no {old!r}")
        content = content.replace(old, new)
    return {**files, name: content}


def zipped(source: Path, target: Path) -> None:
    """Write a zip archive of one directory."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(source.iterdir()):
            archive.writestr(zipfile.ZipInfo(f"{source.name}/{file.name}"), file.read_bytes())


def main(directory: str, plugins: str) -> None:
    """Make them all."""
    target = Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        shutil.chown(scratch, "_apt")
        files = core(Path(scratch))
    version = "wp-includes/version.php"
    pack(files, target / "core.tar.gz")
    tables = next(line for line in files[version].splitlines() if line.startswith(b"$wp_db_version"))
    number = int(tables.split()[-1].rstrip(b";"))
    newer = (tables, b"$wp_db_version = %d;\n$terrace_updated = true;" % (number + 1))
    pack(changed(files, version, newer), target / "updated.tar.gz")
    error = (b"function get_the_ID() {", b"function get_the_ID( {")
    pack(changed(files, "wp-includes/post-template.php", error), target / "broken.tar.gz")
    for source in Path(plugins).iterdir():
        zipped(source, target / f"{source.name}.zip")
    for archive in [*target.glob("*.tar.gz"), *target.glob("*.zip")]:
        archive.with_name(f"{archive.name}.sum").write_text("sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest())


main(*sys.argv[1:])
