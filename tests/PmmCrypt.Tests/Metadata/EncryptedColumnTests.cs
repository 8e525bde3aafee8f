using System.Buffers;
using System.Text;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Tests.Metadata;

public sealed class EncryptedColumnTests
{
    private static readonly EncryptedField Password = new("password", StoredFormats.All);
    private static readonly EncryptedField Later = new("options", StoredFormats.Envelope, "later");
    private static readonly EncryptedField Always = new("options", StoredFormats.All, "always");

    [Fact]
    public void A_text_column_is_its_only_field()
    {
        var column = EncryptedColumn.Text(Password);

        Assert.Equal("password", column.Name);
        Assert.Same(Password, Assert.Single(column.Fields));
        Assert.False(column.IsJson);
    }

    [Fact]
    public void A_JSON_column_has_the_fields_of_its_members()
    {
        var column = EncryptedColumn.Json("options", NoMembers, Later, Always);

        Assert.Equal("options", column.Name);
        Assert.Equal([Later, Always], column.Fields);
        Assert.True(column.IsJson);
    }

    [Fact]
    public void A_row_may_hold_several_values_of_a_column_if_it_may_of_one_of_its_fields()
    {
        var each = new EncryptedField("options", StoredFormats.All, "list", EncryptedField.EachElement, "token");

        Assert.True(EncryptedColumn.Json("options", NoMembers, Later, each).IsRepeated);
        Assert.False(EncryptedColumn.Json("options", NoMembers, Later, Always).IsRepeated);
        Assert.False(EncryptedColumn.Text(Password).IsRepeated);
    }

    [Fact]
    public void A_JSON_column_is_of_an_object_or_of_an_array_of_them()
    {
        Assert.True(EncryptedColumn.JsonArray("options", NoMembers, Later) is { IsArray: true, IsJson: true });
        Assert.True(EncryptedColumn.Json("options", NoMembers, Later) is { IsArray: false, IsJson: true });
    }

    [Fact]
    public void A_column_is_encrypted_in_a_format_if_one_of_its_fields_is()
    {
        Assert.True(EncryptedColumn.Json("options", NoMembers, Later, Always).IsEncryptedIn(StoredFormat.Legacy));
        Assert.False(EncryptedColumn.Json("options", NoMembers, Later).IsEncryptedIn(StoredFormat.Legacy));
        Assert.True(EncryptedColumn.Json("options", NoMembers, Later).IsEncryptedIn(StoredFormat.Envelope));
    }

    [Fact]
    public void The_whole_of_a_text_column_is_shown_and_replaced()
    {
        var visitor = new Visitor("NEW");
        var rewritten = new ArrayBufferWriter<byte>();

        Assert.True(EncryptedColumn.Text(Password).Walk("{\"old\""u8, visitor, rewritten));

        Assert.Equal([(Password, "{\"old\"")], visitor.Seen);
        Assert.Equal("NEW", Encoding.UTF8.GetString(rewritten.WrittenSpan));
    }

    [Fact]
    public void Where_the_visitor_leaves_it_nothing_was_replaced()
    {
        var visitor = new Visitor(null);

        Assert.False(EncryptedColumn.Text(Password).Walk("old"u8, visitor, new ArrayBufferWriter<byte>()));

        Assert.Single(visitor.Seen);
    }

    [Fact]
    public void The_empty_string_is_shown_to_nobody()
    {
        var visitor = new Visitor("NEW");

        Assert.False(EncryptedColumn.Text(Password).Walk([], visitor, new ArrayBufferWriter<byte>()));

        Assert.Empty(visitor.Seen);
    }

    private static void NoMembers(ref JsonSplice json) => Assert.Fail("Nothing is walked here.");

    private sealed class Visitor(string? replacement) : IFieldVisitor
    {
        public List<(EncryptedField Field, string Stored)> Seen { get; } = [];

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> writer)
        {
            Seen.Add((field, Encoding.UTF8.GetString(stored)));
            if (replacement is null)
                return false;
            writer.Write(Encoding.UTF8.GetBytes(replacement));
            return true;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => Assert.Fail($"{reason}");
    }
}
