using System.Runtime.Loader;
using PmmCrypt.Fields;
using PmmCrypt.Generators.Tests.Infrastructure;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;

namespace PmmCrypt.Generators.Tests;

/// <summary>
/// What is generated for the golden cases is run: entities are filled as their attributes say, and what is read of these here is no code of
/// the generator's.
/// </summary>
public sealed class GoldenRunTests
{
    public static TheoryData<string, StoredFormat> Runs
    {
        get
        {
            var runs = new TheoryData<string, StoredFormat>();
            foreach (var name in GoldenTests.Sound)
            {
                runs.Add(name, StoredFormat.Legacy);
                runs.Add(name, StoredFormat.Envelope);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Every_encrypted_property_is_encrypted_and_found_where_it_is_stored_and_decrypted(string name, StoredFormat format)
    {
        using var image = new MemoryStream();
        Assert.True(GoldenTests.Compile(name).Emit(image).Success);
        image.Position = 0;
        var context = new AssemblyLoadContext(name, isCollectible: true);
        try
        {
            var tables = context.LoadFromStream(image).GetCustomAttributes(typeof(EncryptedTableAttribute), inherit: false)
                .Cast<EncryptedTableAttribute>().ToArray();
            Assert.NotEmpty(tables);
            Assert.All(tables, table => Check(FilledEntity.Of(table.GetType().GenericTypeArguments.Single()), table.Table, format));
        }
        finally
        {
            context.Unload();
        }
    }

    private static void Check(FilledEntity filled, EncryptedTable table, StoredFormat format)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, format);
        var entity = (IEncryptedEntity)filled.Entity;
        Assert.Equal(table.Fields.Count, filled.Values.Select(value => value.Path).Distinct().Count());
        Assert.All(filled.Values, value => Assert.Equal(value.Set, value.Value));

        entity.EncryptFields(cipher);
        Assert.All(filled.Values.Where(value => value.IsEncryptedIn(format)), value =>
        {
            var opened = cipher.Decrypt(value.Stored);          // refuses what is in the clear
            Assert.NotEqual(value.Stored, opened);
            if (value.Set is string text)
                Assert.Equal(text, opened);
        });
        Assert.All(
            filled.Values.Where(value => !value.IsEncryptedIn(format) && value.Set is string),
            value => Assert.Equal(value.Set, value.Stored));

        var columns = filled.Values.GroupBy(value => value.Column).ToArray();
        Assert.Equal(table.Columns.Count, columns.Length);
        foreach (var (column, values) in table.Columns.Zip(columns))
        {
            var seen = StoredValues.In(column, column.IsJson ? filled.Document(values.Key) : values.Single().Stored!);
            Assert.Equal(values.Select(value => value.Stored!).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        }

        entity.DecryptFields(cipher);
        Assert.All(filled.Values, value => Assert.Equal(value.Set, value.Value));
    }
}
