<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Make the site's tables and its first user, unless they are there: install.php [--check] < {title, user, email, password}.
 *
 * Prints {"changed": bool}. Hosts may do so at once: one waits for the other.
 */
define('WP_INSTALLING', true);

/** Without the mail that tells the first user of the site. */
function wp_new_blog_notification()
{
}

require __DIR__ . '/command_line.php';
terrace_lock_database();
require dirname(__DIR__) . '/public/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

// The object cache may remember a database that is no more.
wp_cache_delete('is_blog_installed');
$missing = !is_blog_installed();
if ($missing && !TERRACE_CHECK) {
    $wanted = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
    // As forms send it: WordPress compares passwords with the slashes that it adds to what it is sent.
    wp_install($wanted['title'], $wanted['user'], $wanted['email'], true, '', wp_slash($wanted['password']));
    update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
}
echo json_encode(['changed' => $missing]), "\n";
