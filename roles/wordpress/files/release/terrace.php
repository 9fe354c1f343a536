<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Plugin Name: Terrace
 * Description: Plugins and theme as the release says, the page cache, mail, and what a public site need not offer.
 */

require_once dirname(ABSPATH) . '/terrace/page_cache.php';

/**
 * The plugins that the release has, as WordPress names them. Not those of a table: a release that is rolled back takes its
 * plugins with it, and hosts of two releases have each their own.
 *
 * @return list<string>
 */
function terrace_plugins(): array
{
    return terrace_release()['plugins'];
}

/** @return array{plugins: list<string>, theme: ?string, parent: ?string} What the release was assembled from. */
function terrace_release(): array
{
    static $release;
    return $release ??= require dirname(ABSPATH) . '/terrace/release.php';
}

add_filter('pre_option_active_plugins', 'terrace_plugins');
if (terrace_release()['theme']) {
    add_filter('pre_option_stylesheet', fn() => terrace_release()['theme']);
    add_filter('pre_option_template', fn() => terrace_release()['parent']);
}

// Passwords are guessed there, many with one request.
add_filter('xmlrpc_enabled', '__return_false');
add_filter('xmlrpc_methods', '__return_empty_array');
add_filter('wp_headers', fn(array $headers) => array_diff_key($headers, ['X-Pingback' => 1]));
remove_action('wp_head', 'rsd_link');
remove_action('wp_head', 'wlwmanifest_link');
remove_action('wp_head', 'wp_generator');
add_filter('the_generator', '__return_empty_string');

// For fail2ban. The name is what somebody has typed: one line, and not long.
add_action('wp_login_failed', function (string $name): void {
    $name = substr(preg_replace('/[^\x21-\x7e]+/', '?', $name), 0, 60);
    error_log("terrace: login failed from {$_SERVER['REMOTE_ADDR']} as $name");
});

if (defined('TERRACE_MAIL')) {
    add_action('phpmailer_init', function ($mailer): void {
        $mailer->isSMTP();
        $mailer->Host = TERRACE_MAIL['host'];
        $mailer->Port = TERRACE_MAIL['port'];
        $mailer->SMTPSecure = TERRACE_MAIL['port'] === 465 ? 'ssl' : 'tls';
        $mailer->SMTPAuth = isset(TERRACE_MAIL['username']);
        $mailer->Username = TERRACE_MAIL['username'] ?? '';
        $mailer->Password = TERRACE_MAIL['password'] ?? '';
        $mailer->Sender = TERRACE_MAIL['from'];
    });
    add_filter('wp_mail_from', fn() => TERRACE_MAIL['from']);
    add_action('wp_mail_failed', fn($error) => error_log('terrace: mail not sent: ' . $error->get_error_message()));
}

/** Give the site a new generation, once per request: all hosts drop their pages, this one at once. */
function terrace_new_generation(): void
{
    static $done = false;
    if ($done || wp_installing()) {
        return;
    }
    $done = true;
    add_action('shutdown', function (): void {
        $generation = bin2hex(random_bytes(8));
        update_option('terrace_generation', $generation, true);
        terrace_follow_generation($generation);
    });
}

if (defined('TERRACE_PURGE')) {
    terrace_follow_generation(get_option('terrace_generation') ?: null);
    add_action('transition_post_status', function (string $new, string $old): void {
        if ($new === 'publish' || $old === 'publish') {
            terrace_new_generation();
        }
    }, 10, 2);
    // A comment that is shown, menus, widgets, the theme's and the site's own settings, terms.
    add_action('transition_comment_status', 'terrace_new_generation');
    add_action('comment_post', function (int $comment, $approved): void {
        if ($approved === 1) {
            terrace_new_generation();
        }
    }, 10, 2);
    $actions = ['wp_update_nav_menu', 'customize_save_after', 'switch_theme', 'edited_term', 'delete_term', 'profile_update',
        'update_option_blogname', 'update_option_blogdescription', 'update_option_sidebars_widgets', 'update_option_show_on_front',
        'update_option_page_on_front', 'update_option_posts_per_page', 'update_option_permalink_structure'];
    foreach ($actions as $action) {
        add_action($action, 'terrace_new_generation');
    }
}
