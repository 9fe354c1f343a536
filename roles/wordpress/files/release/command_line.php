<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// What the programs of a release begin with, before they load WordPress.

if (PHP_SAPI !== 'cli') {
    exit(1);
}
require_once getenv('TERRACE_WORDPRESS_CONFIG');
require_once __DIR__ . '/connect.php';
// As if somebody asked for the site's address.
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = parse_url(WP_HOME, PHP_URL_HOST);
$_SERVER['HTTPS'] = parse_url(WP_HOME, PHP_URL_SCHEME) === 'https' ? 'on' : '';
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';
/** Whether nothing may be changed. */
define('TERRACE_CHECK', in_array('--check', $argv, true));

/**
 * Wait until no other host does this, and say whether that is so within the patience, in seconds.
 *
 * The lock is the database's and ends with its connection: with this program, even if the host is lost. It is taken before
 * WordPress is loaded, which takes tables that another host is making for broken ones.
 */
function terrace_lock(string $name, int $patience): bool
{
    static $connection;
    if (TERRACE_CHECK) {
        return true;
    }
    [$connection, $connected] = terrace_connect();
    if (!$connected) {
        fwrite(STDERR, "no database: $connection->connect_error\n");
        exit(1);
    }
    // Names of locks are the whole server's, and have 64 characters at most.
    $lock = "wordpress $name " . substr(sha1(DB_NAME . ' ' . TERRACE_TABLE_PREFIX), 0, 16);
    $statement = $connection->prepare('SELECT GET_LOCK(?, ?)');
    $statement->execute([$lock, $patience]);
    return $statement->get_result()->fetch_row() === [1];
}

/** Wait for the lock of the database, ten minutes at most. */
function terrace_lock_database(): void
{
    if (!terrace_lock('database', 600)) {
        fwrite(STDERR, "another host has been changing the database for ten minutes\n");
        exit(1);
    }
}
