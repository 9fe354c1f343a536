<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Loads WordPress for the programs of a release, as a request for the site's address would.

if (PHP_SAPI !== 'cli') {
    exit(1);
}
require_once getenv('TERRACE_WORDPRESS_CONFIG');
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = parse_url(WP_HOME, PHP_URL_HOST);
$_SERVER['HTTPS'] = parse_url(WP_HOME, PHP_URL_SCHEME) === 'https' ? 'on' : '';
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';
require_once dirname(__DIR__) . '/public/wp-load.php';

/**
 * Run something while no other host does, and return what it returns; null when another does and there is no patience.
 *
 * The lock is the database's and ends with the connection, even if the host is lost.
 *
 * @param callable(bool): mixed $task Is told whether nothing may be changed.
 * @param int $patience Seconds.
 */
function terrace_alone(string $name, callable $task, int $patience = 600): mixed
{
    global $wpdb, $argv;
    $check = in_array('--check', $argv, true);
    // Names of locks are the whole server's, and have 64 characters at most.
    $lock = "wordpress $name " . substr(sha1(DB_NAME . ' ' . $wpdb->prefix), 0, 16);
    if (!$check && $wpdb->get_var($wpdb->prepare('SELECT GET_LOCK(%s, %d)', $lock, $patience)) !== '1') {
        if ($patience === 0) {
            return null;
        }
        fwrite(STDERR, "another host still holds the lock \"$lock\" after $patience s\n");
        exit(1);
    }
    return $task($check);
}
