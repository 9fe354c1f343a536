# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assemble a release of a WordPress site: assemble.py < description.json.

The description: {"target": directory, "core": {"archive": SUM} or {"directory": path}, "plugins": {name: SUM},
"themes": {name: SUM}, "theme": name or "", "uploads": directory, "files": {name of our own PHP: content}, "archives": directory}.
A SUM is sha256:HEX, and the archive is HEX in that directory.

    TARGET/public/       WordPress: what nginx serves
    TARGET/terrace/      programs and settings of the release
    TARGET/wp-config.php

Everything belongs to root and can be read by all. The target appears at once, when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

# Where each of our files goes in the release.
PLACES = {
    "db.php": "public/wp-content",
    "object-cache.php": "public/wp-content",
    "terrace.php": "public/wp-content/mu-plugins",
    "wp-config.php": "",
}
ELSEWHERE = "terrace"
HEADER_BYTES = 8192


class Refusal(Exception):
    """Why there is no release."""


def members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the names and contents of an archive's files. Links, which WordPress's archives do not have, are left out."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                if not entry.is_dir() and not stat.S_ISLNK(entry.external_attr >> 16):
                    with opened.open(entry) as content:
                        yield entry.filename, content
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, content


def names(archive: Path) -> list[PurePosixPath]:
    """Return the paths in an archive; one that leads out of it is refused."""
    found = [PurePosixPath(name) for name, _content in members(archive)]
    for path in found:
        if path.is_absolute() or ".." in path.parts:
            raise Refusal(f"{archive}: {path} leads out of the archive")
    return found


def unpack(archive: Path, target: Path) -> None:
    """Unpack an archive without the one directory that all is in."""
    paths = names(archive)
    if not paths:
        raise Refusal(f"{archive}: there is no file in it")
    depth = 1 if len({path.parts[0] for path in paths}) == 1 and all(len(path.parts) > 1 for path in paths) else 0
    for name, content in members(archive):
        file = target.joinpath(*PurePosixPath(name).parts[depth:])
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as written:
            shutil.copyfileobj(content, written)


def install(archives: Path, checksum: str, target: Path) -> None:
    """Put what an archive has into a directory of its own."""
    archive = archives / checksum.removeprefix("sha256:")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != archive.name:
        raise Refusal(f"{archive}: its checksum is sha256:{found}")
    target.mkdir(parents=True)
    unpack(archive, target)


def header(file: Path, field: str) -> str | None:
    """Return a field of the comment that a plugin or a theme begins with."""
    text = file.read_bytes()[:HEADER_BYTES].decode("utf-8", "replace")
    match = re.search(rf"^[ \t/*#@]*{re.escape(field)}:(.*)$", text, re.MULTILINE | re.IGNORECASE)
    return match[1].strip(" \t*/\r") if match else None


def main_file(plugin: Path) -> str:
    """Return the name that WordPress has for a plugin: the file with its header."""
    found = sorted(file.name for file in plugin.glob("*.php") if header(file, "Plugin Name"))
    if len(found) != 1:
        raise Refusal(f"{plugin.name}: {len(found)} files with a plugin's header: {', '.join(found) or 'none'}")
    return f"{plugin.name}/{found[0]}"


def parent(themes: Path, theme: str | None) -> str | None:
    """Return the theme that a theme is a child of, or itself."""
    if theme is None:
        return None
    style = themes / theme / "style.css"
    if not style.is_file():
        raise Refusal(f"there is no theme {theme}: it is neither the core's nor one of themes")
    return header(style, "Template") or theme


def quote(value: str | list[str] | None) -> str:
    """Return a literal of PHP."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return "[" + ", ".join(map(quote, value)) + "]"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def own_files(files: dict[str, str], release: Path) -> None:
    """Add our own files."""
    for name, text in files.items():
        place = release / PLACES.get(name, ELSEWHERE)
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")


def close(release: Path) -> None:
    """Let everybody read, and nobody but root write."""
    for path in [release, *release.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def assemble(description: dict[str, Any], release: Path) -> None:
    """Make the release."""
    content = release / "public" / "wp-content"
    archives = Path(description["archives"])
    if "directory" in description["core"]:
        # A package links to files of others; a release stands alone. Links that lead nowhere are of no use to it.
        shutil.copytree(description["core"]["directory"], release / "public", ignore_dangling_symlinks=True)
    else:
        install(archives, description["core"]["archive"], release / "public")
    if not (release / "public" / "wp-settings.php").is_file():
        raise Refusal("the core is no WordPress: it has no wp-settings.php")
    # Only what was asked for, and no settings but ours.
    shutil.rmtree(content / "plugins", ignore_errors=True)
    shutil.rmtree(content / "uploads", ignore_errors=True)
    (release / "public" / "wp-config.php").unlink(missing_ok=True)
    (content / "plugins").mkdir(parents=True)
    for name, checksum in description["plugins"].items():
        install(archives, checksum, content / "plugins" / name)
    for name, checksum in description["themes"].items():
        shutil.rmtree(content / "themes" / name, ignore_errors=True)
        install(archives, checksum, content / "themes" / name)
    own_files(description["files"], release)
    (content / "uploads").symlink_to(description["uploads"])
    plugins = [main_file(content / "plugins" / name) for name in description["plugins"]]
    theme = description["theme"] or None
    settings = {"plugins": sorted(plugins), "theme": theme, "parent": parent(content / "themes", theme)}
    pairs = ", ".join(f"{quote(key)} => {quote(value)}" for key, value in settings.items())
    (release / ELSEWHERE / "release.php").write_text(f"<?php\nreturn [{pairs}];\n")
    close(release)


def main() -> int:
    """Assemble what the standard input describes, and return the exit status."""
    description = json.load(sys.stdin)
    target = Path(description["target"])
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        assemble(description, partial)
    except (Refusal, OSError, shutil.Error, tarfile.TarError, zipfile.BadZipFile) as error:
        shutil.rmtree(partial, ignore_errors=True)
        print(error, file=sys.stderr)
        return 1
    partial.rename(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
