<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// One level above WordPress, where it looks too. A release has no settings: they are the host's, in /etc/wordpress/SITE, and
// those of a candidate are others.
require_once getenv('TERRACE_WORDPRESS_CONFIG') ?: '/etc/wordpress/' . basename(dirname(__DIR__, 2)) . '/config.php';
$table_prefix = TERRACE_TABLE_PREFIX;
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/public/');
require_once ABSPATH . 'wp-settings.php';
