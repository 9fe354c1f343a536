# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a run besides locust's own HTML: loadtest.json, and loadtest.xml for what reads JUnit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from terrace_loadtest.verdict import Check, Run

HTML, JSON, JUNIT = "loadtest.html", "loadtest.json", "loadtest.xml"


def write_json(file: Path, run: Run, checks: Sequence[Check], line: str, details: Mapping[str, Any]) -> None:
    """Write all figures; `details` are further top-level values."""
    passed = not any(check.problem for check in checks)
    values = {
        "verdict": "pass" if passed else "fail",
        "line": line,
        **details,
        "users": {"asked": run.users_asked, "reached": run.users_reached},
        "seconds": round(run.seconds, 1),
        "total": run.total.as_dict(),
        "endpoints": [figures.as_dict() for figures in run.endpoints],
        "refused": dict(run.refused),
        "checks": [{"name": check.name, "passed": not check.problem, "problem": check.problem} for check in checks],
    }
    file.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def write_junit(file: Path, run: Run, checks: Sequence[Check]) -> None:
    """Write one test case for each check."""
    failed = sum(bool(check.problem) for check in checks)
    suite = ElementTree.Element(
        "testsuite", name="loadtest", tests=str(len(checks)), failures=str(failed), errors="0", time=f"{run.seconds:.1f}"
    )
    for check in checks:
        case = ElementTree.SubElement(suite, "testcase", classname="loadtest", name=check.name)
        if check.problem:
            ElementTree.SubElement(case, "failure", message=check.problem)
    ElementTree.indent(suite)
    ElementTree.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
