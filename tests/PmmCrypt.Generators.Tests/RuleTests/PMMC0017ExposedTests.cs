using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

[Trait("Category", "Slow")]
public sealed class PMMC0017ExposedTests
{
    [Theory]
    [InlineData("Console.WriteLine({|PMMC0017:entity.Secret|})")]
    [InlineData("Console.WriteLine(\"{0} {1}\", entity.Id, {|PMMC0017:entity.Secret|})")]
    [InlineData("Console.Error.Write(\"password: \" + {|PMMC0017:entity.Secret|})")]
    [InlineData("Console.WriteLine($\"{entity.Id}: {{|PMMC0017:entity.Secret|}}\")")]
    [InlineData("Console.WriteLine(string.Format(\"{0}\", {|PMMC0017:entity.Secret|}))")]
    [InlineData("Console.WriteLine({|PMMC0017:entity.Secret|}?.Trim() ?? \"none\")")]
    [InlineData("Console.WriteLine(entity?{|PMMC0017:.Secret|})")]
    [InlineData("Console.WriteLine(entity.Id > 1 ? {|PMMC0017:entity.Secret|} : \"\")")]
    [InlineData("Console.WriteLine({|PMMC0017:entity.Secret|}!.Substring(0, 4))")]
    [InlineData("Debug.Assert(entity.Id > 1, $\"{{|PMMC0017:entity.Secret|}}\")")]
    [InlineData("Trace.TraceWarning(\"{0}\", {|PMMC0017:entity.Secret|})")]
    [InlineData("new Activity(\"a\").SetTag(\"secret\", {|PMMC0017:entity.Secret|})")]
    [InlineData("logger.LogInformation(\"{Secret}\", {|PMMC0017:entity.Secret|})")]
    [InlineData("logger.LogInformation($\"{{|PMMC0017:entity.Options!.Key|}}\")")]
    [InlineData("logger.Log(new { Place = \"x\", {|PMMC0017:entity.Secret|} })")]
    [InlineData("Messages.Refused({|PMMC0017:entity.Secret|})")]
    [InlineData("throw new InvalidOperationException($\"not {{|PMMC0017:entity.Secret|}}\")")]
    [InlineData("throw new OwnException({|PMMC0017:entity.Secret|})")]
    [InlineData("Console.WriteLine({|PMMC0017:entity.Token.Value|})")]
    [InlineData("Console.WriteLine({|PMMC0017:entity.Maybe!.Value.Value|})")]
    [InlineData("Console.WriteLine(entity.Maybe?{|PMMC0017:.Value|})")]
    [InlineData("Console.WriteLine(\"pin \" + {|PMMC0017:entity.Token.Value|}.ToString(\"N\"))")]
    [InlineData("Console.WriteLine(Convert.ToBase64String({|PMMC0017:entity.Bytes.Value|}))")]
    [InlineData("logger.LogInformation($\"{{|PMMC0017:entity.Token.Value|}}\")")]
    [InlineData("var token = entity.Token; logger.LogInformation(\"{Token}\", {|PMMC0017:token.Value|})")]
    public Task What_goes_out_is_reported(string statement) => Reports(statement);

    [Theory]
    [InlineData("Console.WriteLine({|PMMC0017:row|})")]
    [InlineData("Console.WriteLine($\"{{|PMMC0017:row|}}\")")]
    [InlineData("logger.LogInformation(\"{Row}\", {|PMMC0017:row|})")]
    [InlineData("logger.LogInformation(\"{Row}\", {|PMMC0017:row.Inner|})")]
    [InlineData("throw new OwnException(\"no \" + {|PMMC0017:row|})")]
    public Task A_record_shows_all_that_it_holds(string statement) => Reports(statement);

    [Theory]
    [InlineData("Console.WriteLine(row.Id)")]
    [InlineData("Console.WriteLine(row is null)")]
    [InlineData("Console.WriteLine(discreet)")]
    [InlineData("Console.WriteLine(entity)")]
    [InlineData("Console.WriteLine(silent)")]
    public Task What_does_not_print_them_may_be_printed(string statement) => Reports(statement);

    [Theory]
    [InlineData("Console.WriteLine(entity.Id)")]
    [InlineData("Console.WriteLine(nameof(entity.Secret))")]
    [InlineData("Console.WriteLine(entity.Secret is null)")]
    [InlineData("Console.WriteLine(entity.Secret == \"\" ? \"empty\" : \"set\")")]
    [InlineData("Console.WriteLine(entity.Secret?.Length)")]
    [InlineData("Console.WriteLine(Hash(entity.Secret))")]
    [InlineData("logger.LogInformation(\"{Clear}\", entity.Clear)")]
    [InlineData("entity.Clear = entity.Secret")]
    [InlineData("Console.WriteLine($\"{entity.Token} {entity.Maybe}\")")]
    [InlineData("Console.WriteLine(entity.Token.HasValue)")]
    [InlineData("Console.WriteLine(entity.Token.Stored)")]
    [InlineData("Console.WriteLine(Hash(entity.Token.Value.ToString()))")]
    [InlineData("throw new InvalidOperationException(\"not \" + entity.Id)")]
    public Task What_says_no_more_than_that_it_is_there_may_stay(string statement) => Reports(statement);

    internal static Task Reports(string statement) => AnalyzerVerifier<ExposureAnalyzer>.Reports(
        $$"""
        using System.Diagnostics;
        using Microsoft.Extensions.Logging;

        public static class Use
        {
            public static void It(Entity entity, ILogger logger, Row row, Discreet discreet, Silent silent)
            {
                {{statement}};
            }

            public static string Hash(string? text) => "#" + text?.Length;
        }

        public sealed class OwnException(string? message) : ArgumentException(message);

        public static partial class Messages
        {
            [LoggerMessage("refused {secret}")]
            public static partial void Refused(string? secret);

            public static partial void Refused(string? secret) => _ = secret;
        }

        [Table("r")]
        public partial record Row
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            [NotMapped] public Row? Inner { get; set; }
        }

        [Table("d")]
        public partial record Discreet
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            public sealed override string ToString() => "a row";
        }

        [Table("s")]
        public partial record Silent
        {
            [Key] public int Id { get; set; }
            [Encrypted] public Secret<Guid> Token { get; set; }
        }

        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public string? Clear { get; set; }
            [Encrypted] public string? Secret { get; set; }
            [Encrypted] public Secret<Guid> Token { get; set; }
            [Encrypted] public Secret<int>? Maybe { get; set; }
            [Encrypted] public Secret<byte[]> Bytes { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Key { get; set; }
        }
        """,
        libraries:
        [
            """
            namespace Microsoft.Extensions.Logging;

            public interface ILogger
            {
                void Log<TState>(TState state);
            }

            public static class LoggerExtensions
            {
                public static void LogInformation(this ILogger logger, string? message, params object?[] args) => logger.Log(args);
            }

            public sealed class LoggerMessageAttribute(string message) : System.Attribute
            {
                public string Message { get; } = message;
            }
            """,
        ]);
}
