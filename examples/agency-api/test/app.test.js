// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createApp } from '../src/app.js'

const stored = [{ id: 1, text: 'first', created_at: '2026-11-20T08:00:00.000Z' }]
const database = {
  reachable: true,
  written: [],
  async query(sql) {
    if (!this.reachable) throw new Error('connection refused, with the address of the server')
    return [sql === 'SELECT 1' ? [{ 1: 1 }] : stored]
  },
  async execute(_sql, values) {
    this.written.push(values)
    return [{ insertId: 2 }]
  },
}

let server
let url

before(async () => {
  server = createApp(database).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${server.address().port}`
})

after(() => server.close())

function post(body) {
  return fetch(`${url}/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

test('health follows the database, and tells nothing of it', async (t) => {
  t.mock.method(console, 'error', () => {})
  assert.equal((await fetch(`${url}/health?from=balancer`)).status, 200)
  database.reachable = false
  const response = await fetch(`${url}/health`)
  database.reachable = true
  assert.equal(response.status, 503)
  assert.deepEqual(await response.json(), { error: 'unavailable' })
})

test('messages are listed', async () => {
  assert.deepEqual(await (await fetch(`${url}/messages`)).json(), stored)
})

test('a message is created, its text as a value and never as SQL', async () => {
  const response = await post(JSON.stringify({ text: "second'); DROP TABLE messages; --" }))
  assert.equal(response.status, 201)
  assert.deepEqual(await response.json(), { id: 2, text: "second'); DROP TABLE messages; --" })
  assert.deepEqual(database.written.at(-1), ["second'); DROP TABLE messages; --"])
})

for (const body of ['', 'null', '{}', '{"text": ""}', '{"text": 1}', '{"text": "', JSON.stringify({ text: 'x'.repeat(1001) })]) {
  test(`refused: ${body.slice(0, 20) || 'no body'}`, async () => {
    assert.equal((await post(body)).status, 400)
  })
}

test('what is too long is refused', async () => {
  assert.equal((await post(JSON.stringify({ text: 'x'.repeat(100_000) }))).status, 413)
})

test('there is nothing else', async () => {
  assert.equal((await fetch(`${url}/`)).status, 404)
  assert.equal((await fetch(`${url}/messages`, { method: 'DELETE' })).status, 404)
})
