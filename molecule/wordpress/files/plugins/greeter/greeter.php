<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Plugin Name: Greeter
 * Version: 1.0
 */

register_activation_hook(__FILE__, fn() => update_option('greeter_activations', (int) get_option('greeter_activations') + 1));
add_action('wp_footer', function () {
    echo '<p>greeter was activated ', (int) get_option('greeter_activations'), ' times</p>';
});
// Slowly enough for another host to come in between, and counted by rows that nobody overwrites.
add_action('greeter_due', function () {
    global $wpdb;
    sleep(3);
    $wpdb->insert($wpdb->options, ['option_name' => 'greeter_done_' . bin2hex(random_bytes(8)), 'option_value' => gethostname(), 'autoload' => 'no']);
});
add_action('publish_future_post', fn() => do_action('greeter_due'));
add_action('greeter_fails', function () {
    throw new RuntimeException('greeter fails');
});
