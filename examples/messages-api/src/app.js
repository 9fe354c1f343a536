// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import express from 'express'

const LONGEST_TEXT = 1000
const NEWEST = 100

/**
 * The HTTP API.
 *
 * @param {import('@prisma/client').PrismaClient} database
 * @returns {express.Express}
 */
export function createApp(database) {
  const app = express()
  app.disable('x-powered-by')
  app.use(express.json({ limit: '10kb' }))

  app.get('/health', async (_request, response) => {
    await database.$queryRaw`SELECT 1`
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

  app.use((_request, response) => response.status(404).json({ error: 'not found' }))
  app.use(answerError)
  return app
}

/** A database that cannot be reached is the usual error: 503 tells load balancers to try elsewhere. */
function answerError(error, _request, response, _next) {
  const status = error.expose ? error.status : 503
  if (status >= 500) console.error(error)
  response.status(status).json({ error: error.expose ? error.message : 'unavailable' })
}
