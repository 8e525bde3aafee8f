using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation.Tests;

/// <summary>The words for values that do not open, to the letter.</summary>
public sealed class FindingsTests
{
    [Fact]
    public void Where_every_value_opens_nothing_is_said() =>
        Findings.RequireReadable(MadeUp.Census().Opened(MadeUp.Password, 10), "so what");

    [Fact]
    public void A_foreign_key_file_is_told_from_damage()
    {
        var census = MadeUp.Census().Closed(MadeUp.Password, StoredValueState.UnknownKey, 7)
            .Closed(MadeUp.Token, StoredValueState.UnknownKey, 7);

        AssertRefused(
            census, null, RotationFailure.Key,
            "the key file is not this database's: it opens none of 2 encrypted values; nothing was changed",
            "give the key file that they were encrypted with: --key-file, or PMM_ENCRYPTION_KEY_PATH");
        AssertRefused(
            census, "right.key", RotationFailure.Key,
            "the key file is not this database's: it opens none of 2 encrypted values; nothing was changed",
            "right.key opens them: use --key-file right.key");
    }

    [Fact]
    public void One_value_does_not_open()
    {
        var census = MadeUp.Census().Opened(MadeUp.Password, 10).Opened(MadeUp.Secret, 10).Closed(MadeUp.Token, StoredValueState.Malformed);

        AssertRefused(
            census, null, RotationFailure.Unreadable, "1 of 3 encrypted values does not open; nothing was changed",
            "restore those values, or set them anew, and run this again; pmm-crypt verify --json lists every one");
    }

    [Fact]
    public void Two_values_do_not_open_and_a_key_file_is_found()
    {
        var census = MadeUp.Census().Opened(MadeUp.Password, 10).Closed(MadeUp.Secret, StoredValueState.DisabledKey, 7)
            .Closed(MadeUp.Token, StoredValueState.UnknownKey, 8);

        AssertRefused(
            census, "other.key", RotationFailure.Unreadable, "2 of 3 encrypted values do not open; nothing was changed",
            "other.key opens some of them: pmm-crypt key merge other.key if a service still uses it, "
            + "pmm-crypt repair --old-key other.key if none does");
    }

    [Fact]
    public void A_disabled_key_is_named_though_another_problem_comes_first()
    {
        var census = MadeUp.Census().Opened(MadeUp.Password, 10).Closed(MadeUp.Token, StoredValueState.Malformed, 9)
            .Closed(MadeUp.Secret, StoredValueState.DisabledKey, 7);

        AssertRefused(
            census, null, RotationFailure.Unreadable, "2 of 3 encrypted values do not open; nothing was changed",
            "pmm-crypt key enable 7, and run this again");
    }

    [Fact]
    public void Each_field_is_named_that_a_format_would_put_into_the_clear()
    {
        var table = new EncryptedTable(
            null, "hosts", [new KeyColumn("id", KeyColumnType.Text)],
            [.. new[] { "first", "second", "third" }.Select(name => EncryptedColumn.Text(new EncryptedField(name, StoredFormats.Envelope)))]);
        var layout = new TableLayout(table, table.Columns, []);
        var census = new Census([layout], 10).Opened(table.Columns[0].Fields[0], StoredFormat.Envelope, 10)
            .Opened(table.Columns[1].Fields[0], StoredFormat.Envelope, 10);

        var refused = Assert.Throws<RotationException>(() => Findings.RequireFormat(census, Rule(StoredFormat.Legacy)));

        Assert.Equal(
            "these fields are encrypted, and would be in the clear in the legacy format: hosts.first, hosts.second; nothing was changed",
            refused.Message);
        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Equal(
            "keep the format; or, if the service that reads this format is to find them in the clear: --i-want-plaintext-in-the-database",
            refused.Hint);
        Assert.Equal(
            ["hosts.first", "hosts.second"],
            Findings.RequireFormat(census, Rule(StoredFormat.Legacy) with { IntoClear = true }).Select(entry => $"{entry.Field}"));
        Assert.Empty(Findings.RequireFormat(census, Rule(StoredFormat.Envelope)));
        Assert.Empty(Findings.RequireFormat(census, Rule(null)));
        Assert.Empty(Findings.RequireFormat(census, Rule(StoredFormat.Legacy) with { Ledger = table }));

        static RewriteRule Rule(StoredFormat? format) => new(Rotate: true, format, EncryptClearAs: null);
    }

    [Fact]
    public void A_problem_names_place_cause_and_format()
    {
        var census = MadeUp.Census().Closed(MadeUp.Password, StoredValueState.UnknownKey, 7, row: "a");

        Assert.Equal("accounts a password: key 7 is not in the keyset (legacy)", Assert.Single(census.Problems).ToString());
    }

    [Theory]
    [InlineData(MalformedReason.NotJson, "the column is not JSON")]
    [InlineData(MalformedReason.NotAnObject, "a JSON object was expected")]
    [InlineData(MalformedReason.NotAString, "a JSON string was expected")]
    [InlineData(MalformedReason.NotUnicode, "the JSON string has a lone surrogate")]
    [InlineData(MalformedReason.NotAnArray, "a JSON array was expected")]
    public void A_problem_that_is_in_no_format_names_none(MalformedReason reason, string cause)
    {
        var problem = ValueProblem.Of(MadeUp.Secret, new RowKey("a", 1L), reason);

        Assert.Equal($"hosts a, 1 secret: {cause}", problem.ToString());
        Assert.Equal(0u, problem.KeyId);
    }

    [Fact]
    public void There_is_no_problem_without_a_reason() => Assert.StartsWith(
        "No such reason.",
        Assert.Throws<ArgumentOutOfRangeException>(() => ValueProblem.Of(MadeUp.Secret, RowKey.SingleRow, MalformedReason.Unknown)).Message,
        StringComparison.Ordinal);

    private static void AssertRefused(Census census, string? otherKeyFile, RotationFailure failure, string message, string hint)
    {
        var refused = Assert.Throws<RotationException>(() => Findings.RequireReadable(census, "nothing was changed", otherKeyFile));

        Assert.Equal((failure, message, hint), (refused.Failure, refused.Message, refused.Hint));
        Assert.Equal(census.Problems, refused.Problems);
    }
}
