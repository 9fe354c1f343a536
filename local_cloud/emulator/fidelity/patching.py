# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How moto's classes are changed."""

import functools
from collections.abc import Callable
from typing import Any


def around(owner: type, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace a method by a function that gets the original first: ``patch(original, self, ...)``."""

    def decorate(patch: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, name)

        @functools.wraps(original)
        def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
            return patch(original, self, *arguments, **keywords)

        setattr(owner, name, method)
        return patch

    return decorate


def method(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a function to a class, or put it in place of the method of the same name."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(owner, function.__name__, function)
        return function

    return decorate


def store(backend: Any, name: str) -> dict[Any, Any]:
    """Return a dictionary of ours on a backend: it goes with the backend when the account is reset."""
    stores = backend.__dict__.setdefault("_terrace", {})
    return stores.setdefault(name, {})
