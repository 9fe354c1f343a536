// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { address, drain } from '../src/listening.js'

test('the socket of systemd comes before the port', () => {
  assert.deepEqual(address({ LISTEN_FDS: '1', LISTEN_PID: '7', PORT: '80' }, 7), { fd: 3 })
  // Inherited, and meant for the parent.
  assert.deepEqual(address({ LISTEN_FDS: '1', LISTEN_PID: '7', PORT: '80' }, 8), { port: 80 })
  assert.deepEqual(address({}, 7), { port: 3000 })
})

test('connections that look idle are answered once more before they end', async () => {
  const server = http.createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ask = () =>
    new Promise((resolve, reject) => {
      http
        .get({ port, host: '127.0.0.1', agent }, (response) => {
          response.resume().on('end', () => resolve(response.headers.connection))
        })
        .on('error', reject)
    })
  assert.equal(await ask(), 'keep-alive')
  const drained = drain(server, 200)
  assert.equal(await ask(), 'close')
  await drained
  await assert.rejects(ask(), { code: 'ECONNREFUSED' })
})

test('idle connections do not keep the process', { timeout: 5_000 }, async () => {
  const server = http.createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const agent = new http.Agent({ keepAlive: true })
  await new Promise((resolve) => {
    http.get({ port: server.address().port, agent }, (response) => response.resume().on('end', resolve))
  })
  await drain(server, 50)
})
