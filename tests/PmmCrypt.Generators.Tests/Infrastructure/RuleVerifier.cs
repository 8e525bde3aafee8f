using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>
/// Runs the generator over a source in which <c>{|PMMC0001:…|}</c> marks what is to be reported, and where: that, and nothing else.
/// </summary>
internal static class RuleVerifier
{
    internal const string Usings =
        """
        using System;
        using System.Collections.Generic;
        using System.ComponentModel.DataAnnotations;
        using System.ComponentModel.DataAnnotations.Schema;
        using System.Text.Json.Serialization;
        using PmmCrypt;
        using PmmCrypt.Fields;
        #nullable enable

        """;

    public static Task Reports(
        string source, LanguageVersion version = LanguageVersion.Latest, string? naming = null, params (string Name, string Text)[] files)
    {
        var test = new Test(version) { TestCode = Usings + source };
        if (naming is not null)
            test.TestState.AnalyzerConfigFiles.Add(
                ("/.globalconfig", $"is_global = true\nbuild_property.PmmCryptColumnNaming = {naming}\n"));
        test.TestState.AdditionalFiles.AddRange(files.Select(file => (file.Name, SourceText.From(file.Text))));
        return test.RunAsync();
    }

    private sealed class Test : CSharpSourceGeneratorTest<EncryptedEntityGenerator, DefaultVerifier>
    {
        private readonly LanguageVersion _version;

        public Test(LanguageVersion version)
        {
            _version = version;
            ReferenceAssemblies = new ReferenceAssemblies("net10.0");
            TestState.AdditionalReferences.AddRange(TestCompilation.References);
            // What is generated for the sound entities of a source is the golden files' business.
            TestBehaviors = TestBehaviors.SkipGeneratedSourcesCheck;
        }

        protected override ParseOptions CreateParseOptions() =>
            ((CSharpParseOptions)base.CreateParseOptions()).WithLanguageVersion(_version);
    }
}
