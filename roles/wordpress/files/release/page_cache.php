<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * The page cache is nginx's, one per host. A change of the site's content gives the site a new generation, in its database;
 * a host whose cache is of another generation drops it. It is this host's nginx user who may delete the files: systemd, which
 * watches TERRACE_PURGE, does so as that user.
 */

/** Drop this host's cache if it is not of the generation. */
function terrace_follow_generation(?string $generation): void
{
    if (!defined('TERRACE_PURGE') || $generation === null) {
        return;
    }
    if (@file_get_contents(TERRACE_PURGE) !== $generation) {
        // A candidate may not, and need not.
        @file_put_contents(TERRACE_PURGE, $generation, LOCK_EX);
    }
}
