// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import http from 'node:http'
import { readJson } from './body.js'
import { within } from './within.js'

const LONGEST_TEXT = 1000
const NEWEST = 100
const HEALTH_TIMEOUT = 3_000

/**
 * The HTTP API.
 *
 * @param {Pick<import('mysql2/promise').Pool, 'query' | 'execute'>} database
 * @returns {http.Server}
 */
export function createApp(database) {
  const routes = {
    'GET /health': () => health(database),
    'GET /messages': () => list(database),
    'POST /messages': (request) => create(database, request),
  }
  return http.createServer(async (request, response) => {
    const route = routes[`${request.method} ${request.url.split('?')[0]}`]
    const { status, body } = await (route ? answer(route, request) : { status: 404, body: { error: 'not found' } })
    const text = JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
  })
}

/** A database that cannot be reached is the usual error: 503 tells load balancers to try elsewhere. */
async function answer(route, request) {
  try {
    return await route(request)
  } catch (error) {
    if (error.expose) return { status: error.status, body: { error: error.message } }
    console.error(error)
    return { status: 503, body: { error: 'unavailable' } }
  }
}

async function health(database) {
  await within(HEALTH_TIMEOUT, database.query('SELECT 1'))
  return { status: 200, body: { status: 'ok' } }
}

async function list(database) {
  const [rows] = await database.query(`SELECT id, text, created_at FROM messages ORDER BY id DESC LIMIT ${NEWEST}`)
  return { status: 200, body: rows }
}

async function create(database, request) {
  const { text } = (await readJson(request)) ?? {}
  if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT) {
    return { status: 400, body: { error: `text must be a string of 1 to ${LONGEST_TEXT} characters` } }
  }
  const [made] = await database.execute('INSERT INTO messages (text) VALUES (?)', [text])
  return { status: 201, body: { id: made.insertId, text } }
}
