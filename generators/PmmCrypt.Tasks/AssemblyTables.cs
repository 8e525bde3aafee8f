using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PmmCrypt.Tasks;

/// <summary>Reads the encrypted tables of an assembly from the attributes that the source generator has written into it.</summary>
internal static class AssemblyTables
{
    private const string Namespace = "PmmCrypt";
    private const string Attribute = "EncryptedTableAttribute`1";

    /// <summary>The lines of each table, in the order of their text: that of the attributes is the compiler's to choose.</summary>
    public static IReadOnlyList<TableLines> Read(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        var tables = new List<TableLines>();
        foreach (var handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = metadata.GetCustomAttribute(handle);
            if (!IsTable(metadata, attribute))
                continue;
            var arguments = attribute.DecodeValue(new AttributeTypes()).FixedArguments;
            tables.Add(new TableLines(Strings(arguments[0]), Strings(arguments[1])));
        }

        return [.. tables.OrderBy(table => string.Join("\n", table.Fields), StringComparer.Ordinal)];
    }

    private static bool IsTable(MetadataReader metadata, CustomAttribute attribute)
    {
        // The constructor of a generic type is one of an instance of it: EncryptedTableAttribute<TheEntity>.
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
            return false;
        var parent = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        return parent.Kind == HandleKind.TypeSpecification
            && metadata.GetTypeSpecification((TypeSpecificationHandle)parent).DecodeSignature(new AttributeTypes(), null)
                == $"{Namespace}.{Attribute}";
    }

    private static IReadOnlyList<string> Strings(CustomAttributeTypedArgument<string> argument) =>
        argument.Value is IEnumerable<CustomAttributeTypedArgument<string>> items ? [.. items.Select(item => (string)item.Value!)] : [];
}

/// <summary>A table's key columns and its fields, each a line.</summary>
internal sealed record TableLines(IReadOnlyList<string> Keys, IReadOnlyList<string> Fields);
