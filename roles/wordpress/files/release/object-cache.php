<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Without a server WordPress has its own, and keeps transients in the database: a drop-in that defines nothing is none.
if (defined('TERRACE_CACHE')) {
    require dirname(ABSPATH) . '/terrace/object_cache.php';
}
