-- SPDX-FileCopyrightText: Terrace contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How many objects of this database belong to who has logged in.
SELECT count(*) AS owned
FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid
WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o' AND rolname = session_user
  AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
