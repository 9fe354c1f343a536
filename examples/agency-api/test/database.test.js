// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connection } from '../src/database.js'

test('the server is verified by its authority and its name', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'agency-api-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'ca.pem')
  writeFileSync(file, 'an authority')
  const { host, port, ssl } = connection({ MYSQL_HOST: 'db.example.com', MYSQL_SSL_CA: file })
  assert.deepEqual([host, port], ['db.example.com', 3306])
  assert.deepEqual(ssl, { ca: 'an authority', rejectUnauthorized: true, verifyIdentity: true })
})

test('without an authority there is no TLS', () => {
  assert.equal(connection({ MYSQL_HOST: 'localhost' }).ssl, undefined)
})
