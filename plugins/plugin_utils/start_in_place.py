# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a module. Two lines of JSON on the standard input say which, where the collections are, and its arguments."""

from __future__ import annotations

import json
import runpy
import sys
import types

from ansible.module_utils import basic


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    # Ansible's own finder would read the routing tables of all collections, which no module asks for.
    package = types.ModuleType("ansible_collections")
    package.__path__ = request["collections"]
    sys.modules[package.__name__] = package
    sys.path.pop(0)
    basic._ANSIBLE_ARGS = sys.stdin.buffer.readline()
    basic._ANSIBLE_PROFILE = request["profile"]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
