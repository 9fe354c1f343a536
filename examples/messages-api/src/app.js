// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import express from 'express'
import { sessions } from './sessions.js'
import { within } from './within.js'

const LONGEST_TEXT = 1000
const NEWEST = 100
const HEALTH_TIMEOUT = 3_000

/**
 * The HTTP API.
 *
 * @param {import('@prisma/client').PrismaClient} database
 * @param {{ client: import('redis').RedisClientType, secret: string }} [redis] where sessions are kept; without it there are none
 * @returns {express.Express}
 */
export function createApp(database, redis) {
  const app = express()
  app.disable('x-powered-by')
  // The load balancer says how the client came. Hosts take requests from it alone.
  app.set('trust proxy', 1)
  app.use(express.json({ limit: '10kb' }))

  app.get('/health', async (_request, response) => {
    await within(HEALTH_TIMEOUT, Promise.all([database.$queryRaw`SELECT 1`, redis?.client.ping()]))
    response.json({ status: 'ok' })
  })

  app.get('/messages', async (_request, response) => {
    response.json(await database.message.findMany({ orderBy: { id: 'desc' }, take: NEWEST }))
  })

  app.post('/messages', async (request, response) => {
    const text = request.body?.text
    if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT) {
      return response.status(400).json({ error: `text must be a string of 1 to ${LONGEST_TEXT} characters` })
    }
    response.status(201).json(await database.message.create({ data: { text } }))
  })

  if (redis) app.get('/session', sessions(redis), countVisit)

  app.use((_request, response) => response.status(404).json({ error: 'not found' }))
  app.use(answerError)
  return app
}

/** Count this session's visits, on whichever host they are made. */
function countVisit(request, response) {
  request.session.visits = (request.session.visits ?? 0) + 1
  response.json({ id: request.session.id, visits: request.session.visits })
}

/** A database that cannot be reached is the usual error: 503 tells load balancers to try elsewhere. */
function answerError(error, _request, response, _next) {
  const status = error.expose ? error.status : 503
  if (status >= 500) console.error(error)
  response.status(status).json({ error: error.expose ? error.message : 'unavailable' })
}
