// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '@prisma/client'
import { createApp } from './app.js'
import { connection } from './database.js'

const database = new PrismaClient({ adapter: new PrismaPg(connection()) })
const server = createApp(database).listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error
  console.log(`listening on port ${server.address().port}`)
})

// Requests under way are answered, idle keep-alive connections closed, then the process ends by itself.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => server.close(() => database.$disconnect()))
}
