// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

const LONGEST_BODY = 10_000

/** An error that the client has made, and is told. */
class ClientError extends Error {
  expose = true

  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/**
 * What a request says in JSON. What is too long is not read to its end.
 *
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<unknown>}
 */
export async function readJson(request) {
  const chunks = []
  let length = 0
  // The connection stays, for the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > LONGEST_BODY) throw new ClientError(413, `a body has at most ${LONGEST_BODY} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new ClientError(400, 'the body is no JSON')
  }
}
