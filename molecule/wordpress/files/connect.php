<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Connects as the site does, but with these authorities and to this name: connect.php CA HOST.
define('TERRACE_DATABASE_CA', $argv[1]);
define('TERRACE_DATABASE_HOST', $argv[2]);
@include '/etc/wordpress/blog/config.php';
require '/srv/blog/current/terrace/connect.php';
$reasons = [];
set_error_handler(function (int $level, string $message) use (&$reasons): bool {
    $reasons[] = $message;
    return true;
});
[$connection, $connected] = terrace_connect();
echo $connected ? 'connected' : 'refused: ' . implode(' ', $reasons);
