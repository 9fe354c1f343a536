// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { runner } from 'node-pg-migrate'
import { fileURLToPath } from 'node:url'
import { connection } from './database.js'

// Applies what is new in migrations/, each file in a transaction, under an advisory lock: of two
// runs at once the second fails instead of doing the work twice.
await runner({
  databaseUrl: connection(),
  dir: fileURLToPath(new URL('../migrations', import.meta.url)),
  direction: 'up',
  migrationsTable: 'migrations',
})
