// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate } from '../src/migrations.js'

/** As much of a MySQL connection as migrations need. */
function server({ lockable = true, broken = '' } = {}) {
  return {
    applied: [],
    names: [],
    locked: false,
    async execute(sql, [value]) {
      if (sql.includes('GET_LOCK')) {
        this.locked = lockable
        return [[{ locked: lockable ? 1 : 0 }]]
      }
      if (sql.includes('RELEASE_LOCK')) this.locked = false
      else this.names.push(value)
      return [[]]
    },
    async query(sql) {
      assert.ok(this.locked, 'nothing happens without the lock')
      if (sql.startsWith('SELECT')) return [this.names.map((name) => ({ name }))]
      if (sql === broken) throw new Error('syntax')
      if (!sql.includes('CREATE TABLE IF NOT EXISTS migrations')) this.applied.push(sql)
      return [[]]
    },
  }
}

function directory(t) {
  const path = mkdtempSync(join(tmpdir(), 'agency-api-'))
  t.after(() => rmSync(path, { recursive: true }))
  writeFileSync(join(path, '0002_second.sql'), 'second')
  writeFileSync(join(path, '0001_first.sql'), 'first')
  writeFileSync(join(path, 'README.md'), 'no migration')
  return path
}

test('what is new is applied once, in order', async (t) => {
  const [database, path] = [server(), directory(t)]
  assert.deepEqual(await migrate(database, path), ['0001_first.sql', '0002_second.sql'])
  writeFileSync(join(path, '0003_third.sql'), 'third')
  assert.deepEqual(await migrate(database, path), ['0003_third.sql'])
  assert.deepEqual(await migrate(database, path), [])
  assert.deepEqual(database.applied, ['first', 'second', 'third'])
})

test('a failure ends it, and the next run goes on there', async (t) => {
  const [database, path] = [server({ broken: 'second' }), directory(t)]
  await assert.rejects(migrate(database, path), { message: 'syntax' })
  assert.deepEqual([database.names, database.locked], [['0001_first.sql'], false])
})

test('two do not migrate at once', async (t) => {
  const database = server({ lockable: false })
  await assert.rejects(migrate(database, directory(t)), { message: /another migration/ })
  assert.deepEqual(database.applied, [])
})
