namespace PmmCrypt.Generators.Model;

/// <summary>An entity for which code is generated: what stands in it, decided, and free of the compiler's own objects.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="HintName">The name of the generated file, unique within the compilation.</param>
/// <param name="Namespace">The namespace, with keywords escaped; null for the global one.</param>
/// <param name="Containers">The types around a nested entity, outermost first.</param>
/// <param name="Declaration">The entity's own declaration.</param>
/// <param name="QualifiedName">The entity's name from <c>global::</c> on.</param>
/// <param name="Schema">The table's schema, or null.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Keys">The key columns, in key order; none for a table of a single row.</param>
/// <param name="Columns">The columns that hold encrypted values.</param>
/// <param name="Silenced">The ids of the warnings for what it names that nobody is to use any more, or yet; sorted.</param>
/// <param name="IsObsolete">Whether it names what only obsolete code may.</param>
internal sealed record EntitySpec(
    string HintName,
    string? Namespace,
    EquatableArray<TypeDeclarationSpec> Containers,
    TypeDeclarationSpec Declaration,
    string QualifiedName,
    string? Schema,
    string Table,
    EquatableArray<KeySpec> Keys,
    EquatableArray<MemberSpec> Columns,
    EquatableArray<string> Silenced,
    bool IsObsolete);
