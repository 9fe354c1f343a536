# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents name only what exists."""

from __future__ import annotations

import re
from pathlib import Path

LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")
TARGET = re.compile(r"`make ([a-z-]+)")
CODE_BLOCK_TARGET = re.compile(r"^\$ make ([a-z-]+)", re.MULTILINE)
FQCN = re.compile(r"`terrace\.aws\.([a-z_]+)`")
PATH = re.compile(r"`((?:docs|examples|inventories|local_cloud|molecule|playbooks|plugins|roles|tests)/[\w./-]*)`")


def documents(texts: dict[Path, str]) -> dict[Path, str]:
    return {file: text for file, text in texts.items() if file.suffix == ".md"}


def test_links_lead_somewhere(checkout: Path, texts: dict[Path, str]) -> None:
    broken = [
        f"{file}: {target}"
        for file, text in documents(texts).items()
        for target in LINK.findall(text)
        if not (checkout / file.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)


def test_paths_exist(checkout: Path, texts: dict[Path, str]) -> None:
    absent = [
        f"{file}: {path}"
        for file, text in documents(texts).items()
        for path in PATH.findall(text)
        if not (checkout / path).exists() and not (checkout / file.parent / path).exists()
    ]
    assert not absent, "\n".join(absent)


def test_make_targets_exist(checkout: Path, texts: dict[Path, str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (checkout / "Makefile").read_text(), re.MULTILINE))
    absent = [
        f"{file}: make {name}"
        for file, text in documents(texts).items()
        for name in TARGET.findall(text) + CODE_BLOCK_TARGET.findall(text)
        if name not in targets
    ]
    assert not absent, "\n".join(absent)


def test_named_content_exists(checkout: Path, texts: dict[Path, str]) -> None:
    content = {file.stem for kind in ("modules", "callback", "filter") for file in (checkout / "plugins" / kind).glob("*.py")}
    content |= {path.name for path in (checkout / "roles").glob("*")} | {
        path.stem for path in (checkout / "playbooks").glob("*.yml")
    }
    absent = [
        f"{file}: terrace.aws.{name}"
        for file, text in documents(texts).items()
        for name in FQCN.findall(text)
        if name not in content
    ]
    assert not absent, "\n".join(absent)
