// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { createConnection } from 'mysql2/promise'
import { fileURLToPath } from 'node:url'
import { connection } from './database.js'
import { migrate } from './migrations.js'

const database = await createConnection(connection())
try {
  const applied = await migrate(database, fileURLToPath(new URL('../migrations', import.meta.url)))
  console.log(applied.length ? `applied ${applied.join(', ')}` : 'nothing to apply')
} finally {
  await database.end()
}
