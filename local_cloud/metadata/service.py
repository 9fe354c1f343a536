# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's HTTP side, versions 1 and 2.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance

from local_cloud.emulator.environment import ACCOUNT
from local_cloud.metadata.categories import Tree, tree

TOKEN_PATH = "/latest/api/token"
LONGEST_TOKEN = 21600
Answer = tuple[HTTPStatus, str]


class MetadataService:
    """A WSGI application for one instance; `lock` is the emulator's."""

    def __init__(self, instance: str, region: str, lock: threading.RLock) -> None:
        self._instance = instance
        self._region = region
        self._lock = lock
        self._tokens: dict[str, float] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            status, text = self._answer(environ)
        body = text.encode("utf-8", "surrogateescape")
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        backend = ec2_backends[ACCOUNT][self._region]
        instance = backend.get_instance_by_id(self._instance)
        if instance is None or instance.metadata_options.http_endpoint == "disabled":
            return HTTPStatus.FORBIDDEN, ""
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        if path == TOKEN_PATH and method == "PUT":
            return self._give_token(environ)
        if method not in ("GET", "HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, ""
        if not self._admits(environ, instance):
            return HTTPStatus.UNAUTHORIZED, ""
        return _look_up({"latest": tree(backend, instance)}, path)

    def _give_token(self, environ: dict[str, Any]) -> Answer:
        """Refuse what came through a proxy, and lifetimes other than 1 to 21,600 seconds."""
        if "HTTP_X_FORWARDED_FOR" in environ:
            return HTTPStatus.FORBIDDEN, ""
        lifetime = environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN_TTL_SECONDS", "")
        if not lifetime.isdigit() or not 1 <= int(lifetime) <= LONGEST_TOKEN:
            return HTTPStatus.BAD_REQUEST, ""
        now = time.monotonic()
        self._tokens = {token: until for token, until in self._tokens.items() if until > now}
        token = secrets.token_urlsafe(40)
        self._tokens[token] = now + int(lifetime)
        return HTTPStatus.OK, token

    def _admits(self, environ: dict[str, Any], instance: Instance) -> bool:
        """Whether a request has a valid token, or needs none."""
        token = environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN")
        if token is None:
            return instance.metadata_options.http_tokens != "required"
        return self._tokens.get(token, 0) > time.monotonic()


def _look_up(answers: Tree, path: str) -> Answer:
    """Find an answer; that of a directory is the list of its entries, those of directories with a slash."""
    place: str | Tree = answers
    for step in filter(None, path.split("/")):
        if isinstance(place, str) or step not in place:
            return HTTPStatus.NOT_FOUND, ""
        place = place[step]
    if isinstance(place, str):
        return HTTPStatus.OK, place
    return HTTPStatus.OK, "\n".join(name if isinstance(entry, str) else f"{name}/" for name, entry in sorted(place.items()))
