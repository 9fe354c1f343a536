// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const LOCK = 'agency-api migrations'
const PATIENCE = 60

/**
 * Apply what is new in a directory, in the order of the files' names, and return these names.
 *
 * MySQL ends a transaction at each change of a table. So a file holds one statement, and is noted right after it.
 *
 * @param {Pick<import('mysql2/promise').Connection, 'query' | 'execute'>} database
 * @param {string} directory
 * @returns {Promise<string[]>}
 */
export async function migrate(database, directory) {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort()
  const [[{ locked }]] = await database.execute('SELECT GET_LOCK(?, ?) AS locked', [LOCK, PATIENCE])
  if (locked !== 1) throw new Error(`another migration has not ended within ${PATIENCE} seconds`)
  try {
    await database.query('CREATE TABLE IF NOT EXISTS migrations (name varchar(255) PRIMARY KEY)')
    const [rows] = await database.query('SELECT name FROM migrations')
    const known = new Set(rows.map(({ name }) => name))
    const missing = files.filter((name) => !known.has(name))
    for (const name of missing) {
      await database.query(await readFile(join(directory, name), 'utf8'))
      await database.execute('INSERT INTO migrations (name) VALUES (?)', [name])
    }
    return missing
  } finally {
    await database.execute('SELECT RELEASE_LOCK(?)', [LOCK])
  }
}
