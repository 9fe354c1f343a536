-- SPDX-FileCopyrightText: Terrace contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Gives to the owner what belongs to who has logged in, who acts as the owner otherwise.
SELECT pg_advisory_xact_lock(hashtext('terrace.aws.database_user'));
SELECT set_config('terrace.owner', %(owner)s, true);
DO $$
BEGIN
  SET LOCAL ROLE NONE;
  EXECUTE 'REASSIGN OWNED BY SESSION_USER TO ' || quote_ident(current_setting('terrace.owner'));
END
$$
