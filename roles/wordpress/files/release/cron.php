<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** Run what is due, on the one host that gets the lock. An error ends this with a status that is not 0. */
require __DIR__ . '/command_line.php';
$mine = terrace_lock('cron', 0);
// On every host: whose pages are of another generation drops them.
require dirname(__DIR__) . '/public/wp-load.php';

if (!$mine) {
    echo "another host is at it\n";
    exit(0);
}
require ABSPATH . 'wp-cron.php';
