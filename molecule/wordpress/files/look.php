<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a plugin that was taken over could do.
header('Content-Type: application/json');
echo json_encode([
    'own settings' => is_readable('/etc/wordpress/blog/config.php'),
    'settings of another site' => is_readable('/etc/wordpress/shop/config.php'),
    'code of another site' => file_exists('/srv/shop'),
    'write code' => is_writable('/srv/blog/current/public') || @file_put_contents('/srv/blog/current/public/x.php', 'x') !== false,
    'write settings' => is_writable('/etc/wordpress/blog/config.php'),
    'write uploads' => file_put_contents('/mnt/uploads/look.txt', 'x') !== false,
    'commands' => array_values(array_filter(['exec', 'system', 'passthru', 'shell_exec', 'proc_open', 'popen'], 'function_exists')),
    'root' => posix_geteuid() === 0,
]);
