# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user that the scenarios have in common: a browser or an app, with its connection, its cookies and its pauses."""

from __future__ import annotations

import itertools
import os
import ssl

from locust import FastHttpUser, between

from terrace_loadtest import settings

SETTINGS = settings.current()
_numbers = itertools.count(1)


def trust() -> ssl.SSLContext:
    """Return who is trusted to know the target; names of certificates are verified."""
    return ssl.create_default_context(cafile=SETTINGS.ca_file or None)


class Client(FastHttpUser):
    """A user who pauses between requests."""

    abstract = True
    insecure = False
    ssl_context_factory = staticmethod(trust)
    wait_time = between(*SETTINGS.think_time)
    connection_timeout = network_timeout = SETTINGS.timeout
    default_headers = SETTINGS.headers


def unique() -> str:
    """Return what no other request of the run has."""
    return f"{os.getpid()}-{next(_numbers)}"
