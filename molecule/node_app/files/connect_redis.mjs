// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Connects as the app does, without a password, and prints what came of it: node --input-type=module < connect_redis.mjs

const { createClient } = await import(`${process.cwd()}/node_modules/redis/dist/index.js`)
const { redisSettings } = await import(`${process.cwd()}/src/sessions.js`)
const settings = redisSettings()
settings.socket.reconnectStrategy = false
const client = createClient(settings).on('error', () => {})
try {
  await client.connect()
  await client.ping()
} catch (error) {
  console.log(error.code ?? '', error.message)
}
process.exit()
