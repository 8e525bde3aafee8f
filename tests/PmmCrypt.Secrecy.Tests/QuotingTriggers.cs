using PmmCrypt.Testing;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>Triggers whose errors quote the row, each in another place of the server's message.</summary>
internal static class QuotingTriggers
{
    public static readonly string[] Bodies =
    [
        "RAISE EXCEPTION 'no: % -> %', OLD, NEW;",
        "RAISE EXCEPTION 'no: %', OLD USING ERRCODE = 'insufficient_privilege';",
        "RAISE EXCEPTION 'no: %', OLD USING ERRCODE = 'disk_full';",
        "RAISE EXCEPTION 'no: %', OLD USING ERRCODE = 'object_not_in_prerequisite_state';",
        "RAISE EXCEPTION 'no: %', OLD USING ERRCODE = 'lock_not_available';",
        "RAISE EXCEPTION 'no: %', OLD USING ERRCODE = 'admin_shutdown';",
        "RAISE EXCEPTION 'no' USING DETAIL = OLD::text, HINT = OLD::text;",
        "RAISE EXCEPTION 'no' USING TABLE = OLD.username, COLUMN = OLD.username, CONSTRAINT = OLD.username;",
        "RAISE unique_violation USING MESSAGE = OLD.username, CONSTRAINT = OLD.username, TABLE = OLD.username;",
        "ASSERT false, OLD::text;",
        "PERFORM OLD.username::int;",
        "PERFORM OLD.username::json;",
        "EXECUTE 'SELECT ' || quote_ident(OLD.username);",
        "EXECUTE 'SELECT 1 FROM ' || quote_ident(OLD.username);",
        "EXECUTE 'SELECT 1 ' || OLD.username || ' !';",
        "EXECUTE format('SELECT %L, 1 / 0', OLD.username);",
        "EXECUTE format('SET %s = 1', quote_ident(OLD.username));",
        "PERFORM lo_import(OLD.username);",
        "PERFORM currval(OLD.username);",
    ];

    /// <summary>Makes, in the place of the one before, a trigger that runs at each update of a row with a username.</summary>
    public static async Task CreateAsync(PostgresDatabase database, string body) => await database.ExecuteAsync(
        $"""
         CREATE OR REPLACE FUNCTION quote_the_row() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN {body} RETURN NEW; END $f$;
         DROP TRIGGER IF EXISTS quote_the_row ON agents;
         CREATE TRIGGER quote_the_row BEFORE UPDATE ON agents FOR EACH ROW WHEN (OLD.username IS NOT NULL)
           EXECUTE FUNCTION quote_the_row();
         """);
}
