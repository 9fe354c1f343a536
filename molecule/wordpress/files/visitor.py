# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Visit the blog on two hosts, as a load balancer passes visitors on: visitor.py FIRST SECOND PASSWORD_FILE.

Prints what was wrong, one line each, and ends with 1 if anything was.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import time
import urllib.parse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

first, second, password_file = sys.argv[1:4]
password = Path(password_file).read_text()
problems: list[str] = []
HOST = "blog.example.test"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


@dataclass
class Answer:
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def cache(self) -> str | None:
        return self.headers.get("x-cache")


def visit(
    host: str,
    path: str,
    method: str = "GET",
    body: bytes | dict[str, str] | None = None,
    cookies: dict[str, str] | None = None,
    client: str = "203.0.113.1",
    name: str = HOST,
    **headers: str,
) -> Answer:
    """Ask one host for a page."""
    if isinstance(body, dict):
        body = urllib.parse.urlencode(body).encode()
        headers.setdefault("Content_Type", "application/x-www-form-urlencoded")
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    sent |= {"Host": name, "X-Forwarded-Proto": "https", "X-Forwarded-For": client}
    if cookies:
        sent["Cookie"] = "; ".join(f"{key}={value}" for key, value in cookies.items())
    connection = http.client.HTTPConnection(host, timeout=120)
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    content = answer.read()
    given = dict(value.split(";")[0].split("=", 1) for key, value in answer.getheaders() if key.lower() == "set-cookie")
    connection.close()
    return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, given, content)


def expect(what: str, true: bool, seen: object = "") -> None:
    """Note what is not as it should be."""
    if not true:
        problems.append(f"{what}: {str(seen)[:300]}")


def log_in(host: str, secret: str = password, client: str = "203.0.113.1") -> Answer:
    """Log in and return the answer with the cookies of the session."""
    form = {"log": "editor", "pwd": secret, "wp-submit": "Log In", "testcookie": "1"}
    return visit(host, "/wp-login.php", "POST", form, {"wordpress_test_cookie": "WP+Cookie+check"}, client)


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.5)
    return condition()


def sessions() -> tuple[dict[str, str], str]:
    """Who is logged in on one host is so on the other."""
    session = log_in(first).cookies
    dashboard = visit(second, "/wp-admin/", cookies=session)
    expect("the session of the first host on the second", dashboard.status == 200 and "wp-admin-bar" in dashboard.text, dashboard)
    forged = {key: value[:-4] + "0000" for key, value in session.items()}
    expect("a forged session", visit(second, "/wp-admin/", cookies=forged).status == 302)
    expect("a wrong password", "wordpress_logged_in" not in str(log_in(first, "wrong", "203.0.113.66").cookies))
    nonce = visit(second, "/wp-admin/admin-ajax.php?action=rest-nonce", cookies=session).text
    return session, nonce


def guesses() -> None:
    """Who guesses passwords is slowed down, and nobody else."""
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: log_in(second, "guess", "203.0.113.77").status, range(12)))
    expect("twelve guesses", 429 in answers and 200 in answers, answers)
    expect("another client", log_in(second, client="203.0.113.78").status == 302)


def refusals() -> None:
    """What a public site need not offer."""
    for host in (first, second):
        for path in (
            "/xmlrpc.php",
            "/wp-admin/install.php",
            "/wp-content/db.php",
            "/.git/config",
            "/wp-content/uploads/evil.php",
            "/wp-content/uploads/EVIL.PhP",
            "/wp-content/uploads/evil.php/x.jpg",
            "/wp-includes/version.php",
        ):
            answer = visit(host, path)
            expect(f"{path} on {host}", answer.status in (403, 404) and "evil" not in answer.text, answer)
        for path in ("/wp-config.php", "/../wp-config.php", "/terrace/release.php", "/releases/"):
            answer = visit(host, path)
            expect(f"{path} on {host}", "DB_" not in answer.text and "plugins" not in answer.text[:200], answer)
        page = visit(host, "/")
        expect(
            f"headers of {host}",
            page.headers.get("x-content-type-options") == "nosniff"
            and "strict-transport-security" in page.headers
            and "x-powered-by" not in page.headers,
            page.headers,
        )


def cache(session: dict[str, str], nonce: str) -> None:
    """Pages are kept for those to whom they are the same, until they change, on both hosts."""
    for host in (first, second):
        visit(host, "/")
        hit = visit(host, "/")
        expect(f"a page of {host} that was asked for before", hit.cache == "HIT", hit.headers)
        cases: dict[str, Answer] = {
            "a session": visit(host, "/", cookies=session),
            "a comment": visit(host, "/", cookies={"comment_author_x": "me"}),
            "a page's password": visit(host, "/", cookies={"wp-postpass_x": "1"}),
            "a cart": visit(host, "/", cookies={"woocommerce_items_in_cart": "1"}),
            "a form": visit(host, "/", "POST", {"a": "b"}),
            "a search": visit(host, "/?s=hello"),
            "an interface": visit(host, "/wp-json/"),
            "credentials": visit(host, "/", Authorization="Basic eDp4"),
        }
        for case, answer in cases.items():
            expect(f"{case} on {host} must not be cached", answer.cache in ("BYPASS", None), answer.headers)
        own = cases["a session"].text
        expect("the page of who is logged in", "wp-admin-bar" in own)
        expect("it is not others'", "wp-admin-bar" not in visit(host, "/").text)
        other = visit(host, "/", cookies={"theme_colour": "dark"})
        expect("a cookie that means nothing to WordPress", other.cache == "HIT", other.headers)

    title = f"News {time.time_ns()}"
    post = json.dumps({"title": title, "status": "publish"}).encode()
    made = visit(first, "/wp-json/wp/v2/posts", "POST", post, session, Content_Type="application/json", X_WP_Nonce=nonce)
    expect("publish", made.status == 201, made)
    expect("the news on the first host", until(lambda: title in visit(first, "/").text, 10))
    # The second hears of it by the balancer's next question.
    until(lambda: visit(second, "/healthz/blog", name=second).status == 200, 10)
    expect("the news on the second host", until(lambda: title in visit(second, "/").text, 10))
    visit(second, "/")
    expect("it is kept again", until(lambda: visit(second, "/").cache == "HIT", 10))


def uploads(session: dict[str, str], nonce: str) -> None:
    """What is uploaded to one host is served by the other."""
    headers = {"Content_Type": "image/png", "Content_Disposition": 'attachment; filename="dot.png"', "X_WP_Nonce": nonce}
    made = visit(first, "/wp-json/wp/v2/media", "POST", PNG, session, **headers)
    expect("upload", made.status == 201, made)
    if made.status == 201:
        path = urllib.parse.urlsplit(json.loads(made.body)["source_url"]).path
        expect("the upload on the second host", visit(second, path).body == PNG)


def health() -> None:
    """Balancers are answered by whatever name they ask, and not redirected."""
    for host in (first, second):
        for name, path in ((HOST, "/healthz"), (host, "/healthz/blog"), (host, "/healthz/shop")):
            answer = visit(host, path, name=name, X_Forwarded_Proto="http")
            expect(f"{path} of {host} as {name}", (answer.status, answer.body) == (200, b"ok\n"), answer)


def main() -> int:
    """Visit, and return the exit status."""
    health()
    session, nonce = sessions()
    expect("a nonce", bool(re.fullmatch("[0-9a-f]{10}", nonce)), nonce)
    refusals()
    uploads(session, nonce)
    cache(session, nonce)
    guesses()
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
