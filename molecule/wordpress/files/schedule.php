<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// schedule.php post makes a post that is due now; rows POST prints what was done so far, and the post's status; fails schedules an
// error; versions tells the release and the database apart.
require '/srv/blog/current/terrace/command_line.php';
require '/srv/blog/current/public/wp-load.php';
if ($argv[1] === 'post') {
    $id = wp_insert_post(['post_title' => 'Due', 'post_status' => 'future', 'post_date_gmt' => gmdate('Y-m-d H:i:s', time() + 3600)]);
    // As if the hour were over.
    $past = gmdate('Y-m-d H:i:s', time() - 1);
    $wpdb->update($wpdb->posts, ['post_date' => $past, 'post_date_gmt' => $past], ['ID' => $id]);
    clean_post_cache($id);
    wp_clear_scheduled_hook('publish_future_post', [$id]);
    wp_schedule_single_event(time() - 1, 'publish_future_post', [$id]);
    echo $id;
} elseif ($argv[1] === 'rows') {
    echo json_encode([
        'status' => get_post_status((int) $argv[2]),
        'hosts' => $wpdb->get_col("SELECT option_value FROM $wpdb->options WHERE option_name LIKE 'greeter\\_done\\_%'"),
        'due' => count(array_filter(array_keys(array_merge(...array_values(_get_cron_array()))), fn($hook) => $hook === 'publish_future_post')),
    ]);
} elseif ($argv[1] === 'versions') {
    echo json_encode([
        'behind' => $wp_db_version - (int) get_option('db_version'),
        'updated' => $terrace_updated ?? false,
        'activated' => get_option('terrace_activated'),
    ]);
} else {
    wp_schedule_single_event(time() - 1, 'greeter_fails');
}
