// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// An API that keeps messages in memory: what is measured is what is in front of it.

import http from 'node:http'

const NEWEST = 20
const messages = []

http.createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  if (request.method === 'POST') {
    messages.push({ id: messages.length + 1, text: JSON.parse(body).text })
    messages.splice(0, messages.length - NEWEST)
  }
  response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(messages))
}).listen(3000, '127.0.0.1')
