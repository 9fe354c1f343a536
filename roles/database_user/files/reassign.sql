-- SPDX-FileCopyrightText: Terrace contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Gives to the owner what belongs to who has logged in, who acts as the owner otherwise.
DO $$
BEGIN
  SET LOCAL ROLE NONE;
  EXECUTE 'REASSIGN OWNED BY SESSION_USER TO ' || quote_ident(current_setting('terrace.owner'));
END
$$
