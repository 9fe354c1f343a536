<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Plugin Name: Breaker
 * Version: 1.0
 */

add_action('wp_footer', 'a_function_that_is_not_there');
