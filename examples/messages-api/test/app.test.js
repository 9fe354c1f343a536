// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createApp } from '../src/app.js'

const stored = [{ id: 1, text: 'first' }]
const database = {
  reachable: true,
  async $queryRaw() {
    if (!this.reachable) throw new Error('connection refused')
  },
  message: {
    findMany: async () => stored,
    create: async ({ data }) => ({ id: 2, ...data }),
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

test('health follows the database', async (t) => {
  t.mock.method(console, 'error', () => {})
  assert.equal((await fetch(`${url}/health`)).status, 200)
  database.reachable = false
  assert.equal((await fetch(`${url}/health`)).status, 503)
  database.reachable = true
})

test('messages are listed', async () => {
  assert.deepEqual(await (await fetch(`${url}/messages`)).json(), stored)
})

test('a message is created', async () => {
  const response = await post('{"text": "second"}')
  assert.equal(response.status, 201)
  assert.deepEqual(await response.json(), { id: 2, text: 'second' })
})

for (const body of ['', '{}', '{"text": ""}', '{"text": 1}', '{"text": "', JSON.stringify({ text: 'x'.repeat(1001) })]) {
  test(`refused: ${body.slice(0, 20) || 'no body'}`, async () => {
    assert.equal((await post(body)).status, 400)
  })
}
