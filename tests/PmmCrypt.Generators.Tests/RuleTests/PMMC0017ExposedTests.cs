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
    [InlineData("Messages.Failed(logger, {|PMMC0017:entity.Secret|}!, null)")]
    [InlineData("Messages.Scope(logger, {|PMMC0017:entity.Secret|}!)")]
    [InlineData("throw new DetailException { Detail = {|PMMC0017:entity.Secret|} }")]
    [InlineData("throw new DetailException { Id = 1, Detail = $\"not {{|PMMC0017:entity.Secret|}}\" }")]
    [InlineData("throw new DetailException { Data = { [\"secret\"] = {|PMMC0017:entity.Secret|} } }")]
    [InlineData("var e = new DetailException(); e.Data[\"secret\"] = {|PMMC0017:entity.Secret|}")]
    [InlineData("var e = new DetailException(); e.Detail = {|PMMC0017:entity.Secret|}")]
    [InlineData("Console.WriteLine({|PMMC0017:entity.Secret|}![..4])")]
    [InlineData("Console.WriteLine({|PMMC0017:entity.Secret|}?[1..] + \"…\")")]
    [InlineData("Console.WriteLine(entity.Id switch { 1 => \"\", _ => {|PMMC0017:entity.Secret|} })")]
    [InlineData("logger.BeginScope({|PMMC0017:entity.Secret|}!)")]
    [InlineData("logger.BeginScope(\"{Secret}\", {|PMMC0017:entity.Secret|})")]
    [InlineData("logger.BeginScope(new Dictionary<string, object?> { [\"secret\"] = {|PMMC0017:entity.Secret|} })")]
    [InlineData("logger.BeginScope(new Dictionary<string, object?> { { \"secret\", {|PMMC0017:entity.Secret|} } })")]
    [InlineData("logger.BeginScope(new[] { new KeyValuePair<string, object?>(\"secret\", {|PMMC0017:entity.Secret|}) })")]
    [InlineData("logger.BeginScope(new[] { KeyValuePair.Create(\"secret\", {|PMMC0017:entity.Secret|}) })")]
    [InlineData("Console.WriteLine(string.Create(null, $\"{{|PMMC0017:entity.Secret|}}\"))")]
    [InlineData("Console.WriteLine(string.Create(4, {|PMMC0017:entity.Secret|}, (span, all) => all.AsSpan(0, 4).CopyTo(span)))")]
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
    [InlineData("throw new DetailException { Id = entity.Id }")]
    [InlineData("throw new DetailException { Detail = Hash(entity.Secret) }")]
    [InlineData("Console.WriteLine(new Options { Key = entity.Secret })")]
    [InlineData("Console.WriteLine(entity.Secret switch { null => \"none\", _ => \"one\" })")]
    [InlineData("Console.WriteLine(new Dictionary<string, int> { [entity.Secret!] = 1 }.Count)")]
    [InlineData("Func<ILogger, string?, string> made = (_, text) => Hash(text); made(logger, entity.Secret)")]
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

        public sealed class DetailException : Exception
        {
            public int Id { get; set; }
            public string? Detail { get; set; }
        }

        public static partial class Messages
        {
            public static readonly Action<ILogger, string, Exception?> Failed = (_, _, _) => { };
            public static readonly Func<ILogger, string, IDisposable?> Scope = (_, _) => null;

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
                System.IDisposable? BeginScope<TState>(TState state);
            }

            public static class LoggerExtensions
            {
                public static void LogInformation(this ILogger logger, string? message, params object?[] args) => logger.Log(args);
                public static System.IDisposable? BeginScope(this ILogger logger, string message, params object?[] args) => null;
            }

            public sealed class LoggerMessageAttribute(string message) : System.Attribute
            {
                public string Message { get; } = message;
            }
            """,
        ]);
}
