# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of a WordPress site, some of them logged in: `wordpress` of the settings."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote_plus, urlsplit
from xml.etree import ElementTree

from gevent.lock import Semaphore
from locust import task
from locust.exception import StopUser

from terrace_loadtest.client import SETTINGS, Client

SITE = SETTINGS.wordpress
PAGES = ("home", "post", "search", "feed")
# A page that stops halfway is no page, whatever its status.
END = b"</html>"

_posts: list[str] = list(SITE["posts"])
_looking = Semaphore()


class Reader(Client):
    """Somebody who reads. Members are logged in: their pages come from no page cache, and are counted on their own."""

    prefix = ""

    def on_start(self) -> None:
        """Find out what there is to read; log in, if it is one who does."""
        with _looking:
            if not _posts:
                _posts.extend(self.find_posts())
        if random.random() < SITE["member_share"]:  # noqa: S311 no secret
            self.log_in()

    @task
    def read(self) -> None:
        """Look at one of the kinds of pages."""
        getattr(self, random.choices(PAGES, [SITE["weights"][page] for page in PAGES])[0])()  # noqa: S311 no secret

    def home(self) -> None:
        """Look at the first page."""
        self.look("/", "home")

    def post(self) -> None:
        """Read a post."""
        self.look(random.choice(_posts), "post")  # noqa: S311 no secret

    def search(self) -> None:
        """Search for a word."""
        self.look(f"/?s={quote_plus(random.choice(SITE['words']))}", "search")  # noqa: S311 no secret

    def feed(self) -> None:
        """Look for what is new, as programs do."""
        self.look("/?feed=rss2", "feed", end=b"</rss>")

    def look(self, path: str, name: str, end: bytes = END) -> None:
        """Ask for something, which has to be whole."""
        with self.client.get(path, name=f"{self.prefix}{name}", catch_response=True) as answer:
            if answer.status_code == 200 and end not in answer.content:
                answer.failure(f"no {end.decode()} in the answer")

    def find_posts(self) -> list[str]:
        """Return the paths of the newest posts, under whatever name the site knows itself."""
        answer = self.client.get("/?feed=rss2", name="feed")
        if answer.status_code != 200:
            raise StopUser
        links = [item.findtext("link", "") for item in ElementTree.fromstring(answer.content).iter("item")]  # noqa: S314 own site
        return [path(link) for link in links if link] or ["/"]

    def log_in(self) -> None:
        """Log in as the form does. A member who is not let in is no member: it fails, and reads on as a guest."""
        form = {"log": SITE["user"], "pwd": SITE["password"], "wp-submit": "Log In", "testcookie": "1"}
        headers = {"Cookie": "wordpress_test_cookie=WP%20Cookie%20check"}
        with self.client.post(
            "/wp-login.php", form, name="log in", headers=headers, allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code == 302 and self.logged_in():
                answer.success()
                self.prefix = "member "
            elif answer.status_code:
                answer.failure(f"not logged in: status {answer.status_code}")

    def logged_in(self) -> bool:
        """Whether there is a cookie that says so."""
        return any(cookie.name.startswith("wordpress_logged_in") for cookie in self.client.cookiejar)


def path(link: Any) -> str:
    """Return a link without the scheme and the host."""
    parts = urlsplit(link)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
