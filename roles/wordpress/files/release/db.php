<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

require_once dirname(ABSPATH) . '/terrace/connect.php';

/** WordPress's database, over a connection that is verified: WordPress itself never says which authorities it trusts. */
class Terrace_Database extends wpdb
{
    public function db_connect($allow_bail = true)
    {
        $this->is_mysql = true;
        [$this->dbh, $connected] = terrace_connect();
        if (!$connected) {
            error_log('terrace: no database: ' . $this->dbh->connect_error);
            $this->dbh = null;
            if ($allow_bail) {
                $this->bail('<h1>Error establishing a database connection</h1>', 'db_connect_fail');
            }
            return false;
        }
        // A private property, which wpdb's __set() gives access to.
        if (!$this->has_connected) {
            $this->init_charset();
        }
        $this->has_connected = true;
        $this->set_charset($this->dbh);
        $this->ready = true;
        $this->set_sql_mode();
        $this->select($this->dbname, $this->dbh);
        return true;
    }
}

$wpdb = new Terrace_Database(DB_USER, DB_PASSWORD, DB_NAME, DB_HOST);
