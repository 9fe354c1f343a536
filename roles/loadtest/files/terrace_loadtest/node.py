# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to an API, each as often as its weight says: `requests` of the settings."""

from __future__ import annotations

import json
import random
from typing import Any

from locust import task

from terrace_loadtest.client import SETTINGS, Client, unique

UNIQUE = "{n}"


class ApiUser(Client):
    """Somebody who uses the API."""

    @task
    def ask(self) -> None:
        """Send one of the requests."""
        request = random.choices(SETTINGS.requests, [item["weight"] for item in SETTINGS.requests])[0]  # noqa: S311 no secret
        options: dict[str, Any] = {"headers": dict(request["headers"])}
        if request["body"] is not None:
            options |= body(request["body"])
        method, path = request["method"], request["path"]
        name = request["name"] or path.partition("?")[0]
        with self.client.request(method, path.replace(UNIQUE, unique()), name=name, catch_response=True, **options) as answer:
            if request["expect"] and answer.status_code in request["expect"]:
                answer.success()
            elif request["expect"] and answer.status_code:
                answer.failure(f"status {answer.status_code}, not {' or '.join(map(str, request['expect']))}")


def body(content: Any) -> dict[str, Any]:
    """Return a body as it is sent: text as it stands, anything else as JSON."""
    text = (content if isinstance(content, str) else json.dumps(content)).replace(UNIQUE, unique())
    return {"data": text} if isinstance(content, str) else {"json": json.loads(text)}
