<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Bring the site's database up to its code: update.php [--check].
 *
 * The tables, once for a new version of WordPress; and once for each new plugin what it does when it is activated.
 * Prints {"changed": [what]}. Hosts may do so at once: one waits for the other.
 */
require __DIR__ . '/command_line.php';
terrace_lock_database();
require dirname(__DIR__) . '/public/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

$changed = [];
wp_cache_delete('alloptions', 'options');
// Newer tables are those of a release that was rolled back; older code gets on with them.
if ((int) get_option('db_version') < $wp_db_version) {
    $changed[] = "tables to version $wp_db_version";
    TERRACE_CHECK || wp_upgrade();
}
$known = (array) get_option('terrace_activated', []);
foreach (array_diff(terrace_plugins(), $known) as $plugin) {
    $changed[] = "plugin $plugin";
    if (!TERRACE_CHECK) {
        do_action('activate_plugin', $plugin, false);
        do_action("activate_$plugin", false);
        do_action('activated_plugin', $plugin, false);
    }
}
if (!TERRACE_CHECK && array_values($known) !== terrace_plugins()) {
    update_option('terrace_activated', terrace_plugins(), false);
}
if ($changed && !TERRACE_CHECK) {
    flush_rewrite_rules(false);
}
echo json_encode(['changed' => $changed]), "\n";
