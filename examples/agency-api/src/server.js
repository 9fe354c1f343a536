// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { createPool } from 'mysql2/promise'
import { createApp } from './app.js'
import { connection } from './database.js'

// Longer than the 60 seconds after which a load balancer of AWS closes idle connections: whoever closes first decides.
const KEEP_ALIVE = 65_000
const CONNECTIONS = 10

const database = createPool({ ...connection(), connectionLimit: CONNECTIONS, enableKeepAlive: true })
const server = createApp(database).listen(process.env.PORT ?? 3000, () => console.log('listening on', server.address()))
server.keepAliveTimeout = KEEP_ALIVE

// What is under way is answered, then the process ends by itself.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => server.close(() => database.end()))
}
