// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createApp } from '../src/app.js'
import { redisSettings } from '../src/sessions.js'

const database = { async $queryRaw() {} }

/** As much of a Redis client as sessions need. */
const client = {
  answers: true,
  stored: new Map(),
  async ping() {
    if (this.answers) return 'PONG'
    return new Promise(() => {})
  },
  async get(key) {
    return this.stored.get(key) ?? null
  },
  async set(key, value) {
    this.stored.set(key, value)
  },
  async expire() {},
}

const servers = []
const urls = []

// Two hosts, one Redis.
before(async () => {
  for (let host = 0; host < 2; host += 1) {
    const server = createApp(database, { client, secret: 'for tests' }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    servers.push(server)
    urls.push(`http://127.0.0.1:${server.address().port}`)
  }
})

after(() => servers.forEach((server) => server.close()))

test('a session counts its visits on all hosts', async () => {
  const first = await fetch(`${urls[0]}/session`)
  const cookie = first.headers.get('set-cookie')
  const { id, visits } = await first.json()
  assert.equal(visits, 1)
  const second = await fetch(`${urls[1]}/session`, { headers: { cookie: cookie.split(';')[0] } })
  assert.deepEqual(await second.json(), { id, visits: 2 })
})

test('the cookie is kept from scripts and other sites, and travels over TLS if the client came so', async () => {
  const plain = (await fetch(`${urls[0]}/session`)).headers.get('set-cookie')
  assert.match(plain, /HttpOnly/)
  assert.match(plain, /SameSite=Lax/)
  assert.doesNotMatch(plain, /Secure/)
  const secure = await fetch(`${urls[0]}/session`, { headers: { 'x-forwarded-proto': 'https' } })
  assert.match(secure.headers.get('set-cookie'), /Secure/)
})

test('a forged cookie is another session', async () => {
  const { id } = await (await fetch(`${urls[0]}/session`)).json()
  const forged = await fetch(`${urls[0]}/session`, { headers: { cookie: `session=s%3A${id}.AAAA` } })
  assert.equal((await forged.json()).visits, 1)
})

test('health fails when Redis does not answer', async (t) => {
  t.mock.method(console, 'error', () => {})
  assert.equal((await fetch(`${urls[0]}/health`)).status, 200)
  client.answers = false
  assert.equal((await fetch(`${urls[0]}/health`)).status, 503)
  client.answers = true
})

test('TLS is verified unless it is switched off', () => {
  assert.equal(redisSettings({}), undefined)
  const { socket, username, password } = redisSettings({ REDIS_HOST: 'cache.example.com', REDIS_PASSWORD: 'p' })
  assert.deepEqual([socket.tls, socket.servername, socket.rejectUnauthorized], [true, 'cache.example.com', true])
  assert.deepEqual([username, password], [undefined, 'p'])
  assert.equal(redisSettings({ REDIS_HOST: 'localhost', REDIS_TLS: 'off' }).socket.tls, undefined)
})
