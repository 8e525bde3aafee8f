using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0016QueriedTests
{
    [Theory]
    [InlineData("rows.Where(row => {|PMMC0016:row.Secret|} == text)")]
    [InlineData("rows.First(row => row.Id == 1 && {|PMMC0016:row.Secret|}!.StartsWith(text))")]
    [InlineData("rows.OrderBy(row => {|PMMC0016:row.Secret|}).ThenByDescending(row => {|PMMC0016:row.Secret|})")]
    [InlineData("rows.GroupBy(row => new { row.Id, {|PMMC0016:row.Secret|} })")]
    [InlineData("rows.Max(row => {|PMMC0016:row.Secret|})")]
    [InlineData("rows.Join(rows, row => {|PMMC0016:row.Secret|}, other => {|PMMC0016:other.Secret|}, (row, other) => row.Id)")]
    [InlineData("rows.Where(row => {|PMMC0016:row.Options!.Key|} == text)")]
    [InlineData("rows.Where(row => row.All.Any(option => {|PMMC0016:option.Key|} == text))")]
    [InlineData("rows.Where(row => new[] { text }.Contains({|PMMC0016:row.Secret|}))")]
    [InlineData("from row in rows where {|PMMC0016:row.Secret|} == text orderby {|PMMC0016:row.Secret|} select row.Id")]
    [InlineData("from row in rows let id = row.Id where {|PMMC0016:row.Secret|} == text select id")]
    [InlineData("rows.Where(row => {|PMMC0016:row.Token|} == sought)")]
    [InlineData("rows.OrderBy(row => {|PMMC0016:row.Token|}.Value)")]
    [InlineData("rows.CountAsync(row => {|PMMC0016:row.Secret|} == text)")]
    public Task What_the_database_would_compare_is_reported(string query) => Reports($"_ = {query};");

    [Theory]
    [InlineData("rows.Select(row => row.Secret)")]
    [InlineData("rows.Where(row => row.Clear == text).Select(row => new { row.Id, row.Secret })")]
    [InlineData("rows.Where(row => row.Secret != null && row.Secret != \"\" && string.Empty != row.Secret)")]
    [InlineData("rows.Where(row => !string.IsNullOrEmpty(row.Secret))")]
    [InlineData("rows.Where(row => row.Token != default && row.Maybe != null)")]
    public Task What_is_read_or_is_nothing_may_stay(string query) => Reports($"_ = {query};");

    [Theory]
    [InlineData("rows.ToList().Where(row => row.Secret == text)")]
    [InlineData("rows.AsEnumerable().OrderBy(row => row.Secret)")]
    [InlineData("rows.Where(row => row.Clear == known.Secret)")]
    [InlineData("rows.Where(row => row.Clear == Holder.Known.Secret)")]
    public Task Objects_may_be_decrypted_and_are_compared_as_they_are(string query) => Reports($"_ = {query};");

    private static Task Reports(string statement) => AnalyzerVerifier<QueryAnalyzer>.Reports(
        $$"""
        using System.Linq;

        public static class Use
        {
            public static void It(IQueryable<Entity> rows, string text, Entity known, Secret<Guid> sought)
            {
                {{statement}}
            }
        }

        public static class Holder
        {
            public static Entity Known { get; } = new();
        }

        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public string? Clear { get; set; }
            [Encrypted] public string? Secret { get; set; }
            [Encrypted] public Secret<Guid> Token { get; set; }
            [Encrypted] public Secret<int>? Maybe { get; set; }
            public Options? Options { get; set; }
            [NotMapped] public List<Options> All { get; } = [];
        }

        public partial class Options
        {
            [Encrypted] public string? Key { get; set; }
        }
        """,
        libraries:
        [
            """
            namespace System.Linq;

            public static class Extensions
            {
                // As Entity Framework declares it.
                public static Threading.Tasks.Task<int> CountAsync<T>(
                    this IQueryable<T> source, Expressions.Expression<Func<T, bool>> predicate) => throw new NotSupportedException();
            }
            """,
        ]);
}
