using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Tests.Metadata;

public sealed class EncryptedFieldTests
{
    [Theory]
    [InlineData((StoredFormats)0)]
    [InlineData((StoredFormats)4)]
    [InlineData(StoredFormats.All | (StoredFormats)8)]
    public void Is_encrypted_in_one_of_the_formats_that_there_are(StoredFormats formats)
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(nameof(formats), () => new EncryptedField("password", formats));

        Assert.Contains("password: a field is encrypted in at least one format.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StoredFormats.Legacy)]
    [InlineData(StoredFormats.Envelope)]
    [InlineData(StoredFormats.All)]
    public void Any_of_them_will_do(StoredFormats formats) => Assert.Equal(formats, new EncryptedField("password", formats).Formats);

    [Fact]
    public void Is_called_by_its_path_and_with_its_table_once_it_has_one()
    {
        var field = new EncryptedField("options", StoredFormats.All, "endpoints", EncryptedField.EachElement, "token");
        Assert.Equal("options.endpoints[].token", field.ToString());

        _ = Table("public", field);

        Assert.Equal("public.agents.options.endpoints[].token", field.ToString());
    }

    [Fact]
    public void Belongs_to_one_table()
    {
        var field = new EncryptedField("password", StoredFormats.All);
        _ = Table(null, field);

        var refused = Assert.Throws<ArgumentException>(() => Table("other", field));

        Assert.Equal("Field agents.password is declared by two tables.", refused.Message);
    }

    private static EncryptedTable Table(string? schema, EncryptedField field) => new(schema, "agents", [], [EncryptedColumn.Text(field)]);
}
