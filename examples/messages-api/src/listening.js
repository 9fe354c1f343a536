// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import net from 'node:net'

// The first socket that systemd hands over, see sd_listen_fds(3).
const FIRST_SOCKET = 3

/**
 * Where to listen: on the socket that systemd holds for this process, else on PORT.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {import('node:net').ListenOptions}
 */
export function address(env = process.env, pid = process.pid) {
  if (Number(env.LISTEN_PID) === pid && Number(env.LISTEN_FDS) >= 1) return { fd: FIRST_SOCKET }
  return { port: Number(env.PORT ?? 3000) }
}

/**
 * Take no new connections, answer what comes on the others, and end them.
 *
 * A client may be sending its next request on a connection that looks idle: for the time of `grace` (milliseconds) each
 * answer says that its connection ends, and only then are those closed on which nothing came.
 *
 * @param {import('node:http').Server} server
 * @returns {Promise<void>} resolved when all connections are closed
 */
export function drain(server, grace = 1_000) {
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  return new Promise((resolve) => {
    // Not http.Server's own close, which closes idle connections at once.
    net.Server.prototype.close.call(server, () => resolve())
    setTimeout(() => server.closeIdleConnections(), grace).unref()
  })
}
