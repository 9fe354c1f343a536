// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from 'node:fs'

/**
 * Settings of the driver mysql2, from MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD and MYSQL_DATABASE.
 *
 * MYSQL_SSL_CA names the CA file that the server's certificate is verified against, and its host name too, which the driver
 * leaves out unless it is told. Without it there is no TLS.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {import('mysql2').ConnectionOptions}
 */
export function connection(env = process.env) {
  const settings = {
    host: env.MYSQL_HOST,
    port: Number(env.MYSQL_PORT ?? 3306),
    user: env.MYSQL_USER,
    password: env.MYSQL_PASSWORD,
    database: env.MYSQL_DATABASE,
    charset: 'utf8mb4',
    timezone: 'Z',
    connectTimeout: 5_000,
  }
  if (env.MYSQL_SSL_CA) {
    settings.ssl = { ca: readFileSync(env.MYSQL_SSL_CA, 'utf8'), rejectUnauthorized: true, verifyIdentity: true }
  }
  return settings
}
