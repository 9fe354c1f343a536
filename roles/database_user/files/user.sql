-- SPDX-FileCopyrightText: Terrace contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Makes what is missing, and tells it in terrace.done: an owner who cannot log in, and a user who is its member and acts as
-- the owner, so that all it makes belongs to the owner. Owner, name and password (empty to leave it) come as settings of the
-- transaction, not in this statement: what is built in here is in no log_statement, and an error logs a statement without them.
DO $$
DECLARE
  owner text := current_setting('terrace.owner');
  name text := current_setting('terrace.name');
  password text := current_setting('terrace.password');
  done text[] := '{}';
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = owner) THEN
    EXECUTE 'CREATE ROLE ' || quote_ident(owner) || ' NOLOGIN';
    done := done || 'owner'::text;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
    EXECUTE 'CREATE ROLE ' || quote_ident(name) || ' LOGIN';
    done := done || 'user'::text;
  END IF;
  IF password <> '' THEN
    BEGIN
      EXECUTE 'ALTER ROLE ' || quote_ident(name) || ' LOGIN PASSWORD ' || quote_literal(password);
    EXCEPTION WHEN OTHERS THEN
      RAISE EXCEPTION USING MESSAGE = 'cannot set the password: ' || SQLERRM;
    END;
    done := done || 'password'::text;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_auth_members JOIN pg_roles AS owners ON owners.oid = roleid JOIN pg_roles AS users ON users.oid = member
    WHERE owners.rolname = owner AND users.rolname = name
  ) THEN
    EXECUTE 'GRANT ' || quote_ident(owner) || ' TO ' || quote_ident(name);
    done := done || 'member'::text;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_db_role_setting JOIN pg_roles ON pg_roles.oid = setrole
    WHERE rolname = name AND setdatabase = 0 AND ('role=' || owner) = ANY (setconfig)
  ) THEN
    EXECUTE 'ALTER ROLE ' || quote_ident(name) || ' SET role = ' || quote_literal(owner);
    done := done || 'role'::text;
  END IF;
  -- Since PostgreSQL 15 nobody else may make tables there.
  IF NOT (has_schema_privilege(owner, 'public', 'USAGE') AND has_schema_privilege(owner, 'public', 'CREATE')) THEN
    EXECUTE 'GRANT USAGE, CREATE ON SCHEMA public TO ' || quote_ident(owner);
    -- Who may not grant is only warned.
    IF NOT has_schema_privilege(owner, 'public', 'CREATE') THEN
      RAISE EXCEPTION USING MESSAGE = current_user || ' may not grant privileges on the schema public';
    END IF;
    done := done || 'schema'::text;
  END IF;
  PERFORM set_config('terrace.done', array_to_string(done, ', '), true);
END
$$
