# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The releases that wordpress assembles."""

from __future__ import annotations

import hashlib
import io
import json
import runpy
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "roles/wordpress/files/assemble.py"
CORE = {
    "wp-settings.php": "<?php\n",
    "wp-config.php": "<?php // of a package\n",
    "wp-content/plugins/hello.php": "<?php\n/* Plugin Name: Hello */\n",
    "wp-content/themes/old/style.css": "/*\nTheme Name: Old\n*/\n",
}
PLUGIN = {"main.php": "<?php\n/**\n * Plugin Name: Greeter\n */\n", "lib/other.php": "<?php\n"}


class Site:
    """Archives by their checksum, and a description of a release."""

    def __init__(self, directory: Path) -> None:
        self.archives = directory / "archives"
        self.target = directory / "releases" / "0123"
        for path in (self.archives, self.target.parent):
            path.mkdir(parents=True)
        self.description: dict[str, Any] = {
            "target": str(self.target),
            "core": {"archive": self.tar({f"wordpress/{name}": text for name, text in CORE.items()})},
            "plugins": {"greeter": self.zip({f"greeter-1.0/{name}": text for name, text in PLUGIN.items()})},
            "themes": {},
            "theme": "old",
            "uploads": "/mnt/uploads",
            "files": dict.fromkeys(("db.php", "terrace.php", "wp-config.php", "install.php"), "<?php\n"),
            "archives": str(self.archives),
        }

    def add(self, content: bytes) -> str:
        """Keep an archive, and return its checksum."""
        digest = hashlib.sha256(content).hexdigest()
        (self.archives / digest).write_bytes(content)
        return f"sha256:{digest}"

    def tar(self, files: dict[str, str]) -> str:
        """Keep a tar archive."""
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode="w:gz") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(text), 0o777
                archive.addfile(member, io.BytesIO(text.encode()))
        return self.add(written.getvalue())

    def zip(self, files: dict[str, str]) -> str:
        """Keep a zip archive."""
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return self.add(written.getvalue())

    def assemble(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """Run the script."""
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(self.description)))
        status: int = runpy.run_path(str(SCRIPT))["main"]()
        return status


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_release_is_what_was_asked_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site.assemble(monkeypatch) == 0
    content = site.target / "public/wp-content"
    assert (content / "plugins/greeter/main.php").read_text() == PLUGIN["main.php"]
    assert sorted(path.name for path in (content / "plugins").iterdir()) == ["greeter"]
    assert not (site.target / "public/wp-config.php").exists()
    assert (site.target / "wp-config.php").exists()
    assert (content / "db.php").exists()
    assert (content / "mu-plugins/terrace.php").exists()
    assert (content / "uploads").readlink() == Path("/mnt/uploads")
    assert (
        (site.target / "terrace/release.php")
        .read_text()
        .endswith("return ['plugins' => ['greeter/main.php'], 'theme' => 'old', 'parent' => 'old'];\n")
    )


def test_nobody_but_root_can_write(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site.assemble(monkeypatch) == 0
    modes = {path.stat().st_mode & 0o777 for path in site.target.rglob("*") if not path.is_symlink()}
    assert modes == {0o755, 0o644}


def test_a_child_theme_names_its_parent(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.description["themes"] = {"new": site.zip({"new/style.css": "/*\nTheme Name: New\nTemplate: old\n*/\n"})}
    site.description["theme"] = "new"
    assert site.assemble(monkeypatch) == 0
    assert "'theme' => 'new', 'parent' => 'old'" in (site.target / "terrace/release.php").read_text()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"greeter/../../evil.php": "<?php\n"}, "leads out of the archive"),
        ({"/etc/evil.php": "<?php\n"}, "leads out of the archive"),
        ({"greeter/main.php": "<?php\n"}, "0 files with a plugin's header"),
        ({f"greeter/{name}.php": PLUGIN["main.php"] for name in "ab"}, "2 files with a plugin's header: a.php, b.php"),
        ({}, "there is no file in it"),
    ],
    ids=["above", "absolute", "no plugin", "two plugins", "empty"],
)
def test_refused(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    message: str,
) -> None:
    site.description["plugins"]["greeter"] = site.tar(files)
    assert site.assemble(monkeypatch) == 1
    assert message in capsys.readouterr().err
    assert list(site.target.parent.iterdir()) == []


def test_refuses_other_content_than_the_checksum_says(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (site.archives / site.description["plugins"]["greeter"].removeprefix("sha256:")).write_bytes(b"other")
    assert site.assemble(monkeypatch) == 1
    assert "its checksum is sha256:" in capsys.readouterr().err


def test_refuses_a_theme_that_is_not_there(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.description["theme"] = "newest"
    assert site.assemble(monkeypatch) == 1
    assert "there is no theme newest" in capsys.readouterr().err
