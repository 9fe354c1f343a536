<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Answers a load balancer: 200 when PHP runs and the site's tables can be read, 503 otherwise.
 *
 * Not through WordPress, which would redirect whoever asks by another name than the site's.
 */
require getenv('TERRACE_WORDPRESS_CONFIG');
require __DIR__ . '/connect.php';
require __DIR__ . '/page_cache.php';

header('Content-Type: text/plain');
header('Cache-Control: no-store');
[$database, $healthy] = terrace_connect();
$generation = null;
if ($healthy && $database->select_db(DB_NAME)) {
    $options = $database->query(
        'SELECT option_name, option_value FROM ' . TERRACE_TABLE_PREFIX . "options WHERE option_name IN ('siteurl', 'terrace_generation')"
    );
    $options = $options ? array_column($options->fetch_all(), 1, 0) : [];
    $healthy = isset($options['siteurl']);
    $generation = $options['terrace_generation'] ?? null;
} else {
    $healthy = false;
}
if ($healthy) {
    terrace_follow_generation($generation);
} else {
    http_response_code(503);
}
echo $healthy ? "ok\n" : "no database\n";
