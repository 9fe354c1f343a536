<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * Connect to the site's database over TLS, with the server's certificate and name verified.
 *
 * MYSQLI_CLIENT_SSL alone encrypts and verifies nothing: it is ssl_set() with the authorities that makes mysqlnd look at the
 * certificate.
 *
 * @return array{0: mysqli, 1: bool} The connection, and whether it is one.
 */
function terrace_connect(): array
{
    mysqli_report(MYSQLI_REPORT_OFF);
    $connection = mysqli_init();
    $connection->options(MYSQLI_OPT_CONNECT_TIMEOUT, 10);
    $connection->ssl_set(null, null, TERRACE_DATABASE_CA, null, null);
    $connected = @$connection->real_connect(
        TERRACE_DATABASE_HOST,
        DB_USER,
        DB_PASSWORD,
        null,
        TERRACE_DATABASE_PORT,
        null,
        MYSQLI_CLIENT_SSL
    );
    return [$connection, $connected];
}
