# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module stack where the collection is installed, if that is where it is to run."""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.plugin_utils.in_place import InPlaceAction


class ActionModule(InPlaceAction):
    """The action of the module of the same name."""
