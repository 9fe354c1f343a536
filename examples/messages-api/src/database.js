// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { readFileSync } from 'node:fs'

/**
 * Connection settings for the `pg` driver.
 *
 * Either DATABASE_URL, or PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, which the driver reads itself.
 * PGSSLROOTCERT, which the driver ignores, names the CA file that the server's certificate and host name are
 * verified against, like libpq's sslmode=verify-full. Without it TLS is up to PGSSLMODE.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {import('pg').PoolConfig}
 */
export function connection(env = process.env) {
  const settings = { connectionTimeoutMillis: 5_000 }
  if (env.DATABASE_URL) settings.connectionString = env.DATABASE_URL
  if (env.PGSSLROOTCERT) settings.ssl = { ca: readFileSync(env.PGSSLROOTCERT, 'utf8'), rejectUnauthorized: true }
  return settings
}
