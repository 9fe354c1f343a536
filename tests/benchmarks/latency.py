# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that holds back what it forwards, by half a round trip in each direction, without looking into it.

Connections are made at once, which is kind to those who make many: on AWS each costs three more round trips.
"""

from __future__ import annotations

import asyncio
import contextlib
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

CHUNK = 65536


def serve(connection: Connection, upstream: str, seconds: float) -> None:
    """Serve for ever. The endpoint is told over the connection."""
    asyncio.run(_serve(connection, upstream, seconds / 2))


async def _serve(connection: Connection, upstream: str, delay: float) -> None:
    target = urlsplit(upstream)

    async def handle(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(target.hostname, target.port)
        with contextlib.suppress(OSError):
            await asyncio.gather(_forward(client, to_server, delay), _forward(server, to_client, delay))

    server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=256)
    connection.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await server.serve_forever()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Forward until the end, each piece `delay` seconds after it came: a long answer is not held back piece by piece."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def receive() -> None:
        piece = b"."
        while piece:
            try:
                piece = await reader.read(CHUNK)
            except OSError:
                piece = b""
            pieces.put_nowait((loop.time() + delay, piece))

    receiving = asyncio.create_task(receive())
    try:
        while True:
            at, piece = await pieces.get()
            await asyncio.sleep(at - loop.time())
            if not piece:
                return
            writer.write(piece)
            await writer.drain()
    finally:
        receiving.cancel()
        writer.close()
