// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '@prisma/client'
import { createApp } from './app.js'
import { connection } from './database.js'
import { address, drain } from './listening.js'
import { connectRedis, redisSettings } from './sessions.js'

// Longer than the 60 seconds after which a load balancer of AWS closes idle connections: whoever closes first decides.
const KEEP_ALIVE = 65_000

const database = new PrismaClient({ adapter: new PrismaPg(connection()) })
const settings = redisSettings()
if (settings && !process.env.SESSION_SECRET) throw new Error('SESSION_SECRET is needed with REDIS_HOST: it signs the cookies')
const redis = settings && { client: connectRedis(settings), secret: process.env.SESSION_SECRET }

const server = createApp(database, redis).listen(address(), (error) => {
  if (error) throw error
  console.log('listening on', server.address())
})
server.keepAliveTimeout = KEEP_ALIVE

// What is under way is answered, then the process ends by itself.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await drain(server)
    redis?.client.destroy()
    await database.$disconnect()
  })
}
