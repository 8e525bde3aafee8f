using PmmCrypt.Rotation.Checking;

namespace PmmCrypt.Rotation.Tests;

public sealed class SqlMeaningTests
{
    [Theory]
    [InlineData("password <> ''")]
    [InlineData("CHECK (((password)::text <> ''::text))")]                                          // as PostgreSQL writes it
    [InlineData("CHECK (((password)::character varying(255) <> ''::character varying))")]
    [InlineData("(t.password IS NOT NULL) AND (\"other\" > 3)")]
    [InlineData("\"Password\" IS NULL OR '' = [password]")]
    [InlineData("length(password) > 0 OR octet_length(password) >= 1")]
    [InlineData("NOT (password IS NULL AND name = 'password')")]
    [InlineData("CASE WHEN password = '' THEN other ELSE false END -- password > 7")]
    [InlineData("other > 7 /* password */")]
    [InlineData("password::public.citext IS NOT NULL")]
    [InlineData("")]
    public void A_condition_that_asks_for_emptiness_alone_means_the_same(string condition) =>
        Assert.True(SqlMeaning.IsSame(condition, "password"));

    [Theory]
    [InlineData("length(password) > 7")]
    [InlineData("CHECK ((char_length((password)::text) <= 64))")]
    [InlineData("password <> 'admin'")]
    [InlineData("password = other")]
    [InlineData("'' <> other AND other = password")]
    [InlineData("(lower((password)::text))")]
    [InlineData("lower(password) <> ''")]
    [InlineData("btrim(password) <> ''")]
    [InlineData("password IS NOT DISTINCT FROM other")]
    [InlineData("password IS TRUE")]
    [InlineData("other || password <> ''")]
    [InlineData("password LIKE '%x'")]
    [InlineData("password <> '' AND t.\"password\" ~ '^[a-z]+$'")]
    [InlineData("length(password) > 10")]
    public void Any_other_does_not(string condition) => Assert.False(SqlMeaning.IsSame(condition, "password"));

    [Theory]
    [InlineData("((options ->> 'tls_key'::text) <> 'x')", true)]
    [InlineData("json_extract(options, '$.a.tls_key')", true)]
    [InlineData("options #>> '{a,tls_key}'", true)]
    [InlineData("((options ->> 'tls_key_file'::text) <> tls_key)", false)]
    [InlineData("json_extract(options, '$.tls_key_file')", false)]
    public void A_JSON_member_is_mentioned_as_a_string(string text, bool mentioned) =>
        Assert.Equal(mentioned, SqlMeaning.MentionsMember(text, "tls_key"));
}
