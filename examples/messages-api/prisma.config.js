// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { PrismaPg } from '@prisma/adapter-pg'
import { defineConfig } from 'prisma/config'
import { connection } from './src/database.js'

// With these settings `prisma generate` runs without Prisma's engine binaries.
export default defineConfig({
  experimental: { adapter: true },
  engine: 'js',
  adapter: async () => new PrismaPg(connection()),
})
