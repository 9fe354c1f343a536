// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { RedisStore } from 'connect-redis'
import session from 'express-session'
import { createClient } from 'redis'

const HOUR = 3_600_000

/**
 * Settings of the Redis client, or nothing without REDIS_HOST.
 *
 * TLS is on unless REDIS_TLS is "off". The server's certificate and host name are verified against the authorities that
 * Node knows: its own (those of Amazon among them) and those of NODE_EXTRA_CA_CERTS.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {import('redis').RedisClientOptions | undefined}
 */
export function redisSettings(env = process.env) {
  if (!env.REDIS_HOST) return undefined
  const tls = env.REDIS_TLS !== 'off'
  return {
    username: env.REDIS_USERNAME || undefined,
    password: env.REDIS_PASSWORD || undefined,
    socket: {
      host: env.REDIS_HOST,
      port: Number(env.REDIS_PORT ?? 6379),
      connectTimeout: 3_000,
      reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 2_000),
      ...(tls ? { tls: true, servername: env.REDIS_HOST, rejectUnauthorized: true } : {}),
    },
    // Without a connection a request fails at once instead of waiting for one.
    disableOfflineQueue: true,
    pingInterval: 10_000,
  }
}

/**
 * A client that connects by itself, and again after an error; each error of another kind than the last is told once.
 *
 * @param {import('redis').RedisClientOptions} settings
 */
export function connectRedis(settings) {
  let last
  const client = createClient(settings)
    .on('error', (error) => {
      if (error.message !== last) console.error(`redis: ${error.code ?? error.name}: ${error.message}`)
      last = error.message
    })
    .on('ready', () => (last = undefined))
  client.connect().catch(() => {})
  return client
}

/**
 * Sessions in Redis, known by a signed cookie that scripts cannot read, and that travels over TLS only where the client came by TLS.
 *
 * @param {{ client: import('redis').RedisClientType, secret: string }} redis
 */
export function sessions({ client, secret }) {
  return session({
    name: 'session',
    store: new RedisStore({ client, prefix: 'session:' }),
    secret,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 24 * HOUR },
  })
}
