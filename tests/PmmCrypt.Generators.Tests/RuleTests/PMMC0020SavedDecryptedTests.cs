using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

[Trait("Category", "Slow")]
public sealed class PMMC0020SavedDecryptedTests
{
    private const string Load = "var entity = db.Entities.Find(1)!; ";

    [Theory]
    [InlineData(Load + "entity.DecryptFields(cipher); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData(Load + "entity.DecryptFields(cipher); await {|PMMC0020:db.SaveChangesAsync()|};")]
    [InlineData(Load + "entity.DecryptFields(cipher); if (yes) entity.EncryptFields(cipher); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData(Load + "entity?.DecryptFields(cipher); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData(Load + "entity.EncryptFields(cipher); entity.DecryptFields(cipher); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData(Load + "try { entity.DecryptFields(cipher); } finally { yes = false; } {|PMMC0020:db.SaveChanges()|};")]
    [InlineData("foreach (var each in db.Entities) each.DecryptFields(cipher); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData("while (yes) { {|PMMC0020:Sql.Execute(\"\", given)|}; given.DecryptFields(cipher); }")]
    [InlineData("given.DecryptFields(cipher); {|PMMC0020:db.Update(given)|};")]
    [InlineData(Load + "entity.DecryptFields(cipher); if (yes) db.ChangeTracker.Clear(); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData(Load + "db.ChangeTracker.Clear(); entity = db.Entities.Find(2)!; entity.DecryptFields(cipher); "
        + "{|PMMC0020:db.SaveChanges()|};")]
    [InlineData(Load + "entity.DecryptFields(cipher); db.ChangeTracker.Clear(); db.Update(entity); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData(Load + "entity.DecryptFields(cipher); db.ChangeTracker.Clear(); {|PMMC0020:Sql.Execute(\"UPDATE t\", entity)|};")]
    [InlineData(Load + "entity.DecryptFields(cipher); db.Entry(entity).State = EntityState.Modified; {|PMMC0020:db.SaveChanges()|};")]
    [InlineData(Load + "entity.DecryptFields(cipher); db.Entry(given).State = EntityState.Detached; {|PMMC0020:db.SaveChanges()|};")]
    [InlineData("given.DecryptFields(cipher); db.Entry(given).State = EntityState.Modified; {|PMMC0020:db.SaveChanges()|};")]
    [InlineData("db.Entry(given).State = EntityState.Added; given.DecryptFields(cipher); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData("given.DecryptFields(cipher); {|PMMC0020:db.Entry(given)|}.State = EntityState.Modified;")]
    [InlineData(Load + "entity.DecryptFields(cipher); db.Entry(entity).State = EntityState.Detached; "
        + "db.Entry(entity).State = EntityState.Modified; {|PMMC0020:db.SaveChanges()|};")]
    [InlineData("given.DecryptFields(cipher); {|PMMC0020:db.Entities.AddRange(new Entity(), given)|};")]
    [InlineData("given.DecryptFields(cipher); db.Update(given); {|PMMC0020:db.SaveChanges()|};")]
    [InlineData("given.DecryptFields(cipher); {|PMMC0020:Sql.Execute(\"UPDATE t\", given)|};")]
    [InlineData("System.Action run = () => { given.DecryptFields(cipher); {|PMMC0020:Sql.Execute(\"\", given)|}; }; run();")]
    [InlineData("Run(); void Run() { given.DecryptFields(cipher); {|PMMC0020:Sql.Execute(\"\", given)|}; }")]
    public Task A_way_without_encryption_is_reported(string body) => Reports(body);

    [Theory]
    [InlineData(Load + "entity.DecryptFields(cipher); entity.EncryptFields(cipher); db.SaveChanges();")]
    [InlineData(Load + "entity.DecryptFields(cipher); entity.EncryptFields(yes ? cipher : null!); db.SaveChanges();")]
    [InlineData(Load + "entity?.DecryptFields(cipher); entity?.EncryptFields(cipher); db.SaveChanges();")]
    [InlineData(Load + "entity.DecryptFields(cipher); if (entity is not null) entity.EncryptFields(cipher); db.SaveChanges();")]
    [InlineData(Load + "entity.DecryptFields(cipher); if (null == entity) return; entity.EncryptFields(cipher); db.SaveChanges();")]
    [InlineData(Load + "try { entity.DecryptFields(cipher); } finally { entity.EncryptFields(cipher); } db.SaveChanges();")]
    [InlineData(Load + "db.SaveChanges(); entity.DecryptFields(cipher);")]
    [InlineData(Load + "entity.DecryptFields(cipher); entity = new Entity(); db.Update(entity); db.SaveChanges();")]
    [InlineData("foreach (var each in db.Entities) { each.DecryptFields(cipher); each.EncryptFields(cipher); } db.SaveChanges();")]
    [InlineData("var all = db.Entities.ToList(); foreach (var one in all) one.DecryptFields(cipher); "
        + "foreach (var one in all) one.EncryptFields(cipher); db.SaveChanges();")]
    [InlineData("var all = db.Entities.ToList(); foreach (var one in all) one.DecryptFields(cipher); "
        + "all.ForEach(one => one.EncryptFields(cipher)); db.SaveChanges();")]
    [InlineData("given.DecryptFields(cipher); db.Update(given); given.EncryptFields(cipher); db.SaveChanges();")]
    [InlineData("given.DecryptFields(cipher); Sql.EncryptAll(given); Sql.Execute(\"UPDATE t\", given);")]
    public Task What_is_encrypted_again_is_saved(string body) => Reports(body);

    [Theory]
    [InlineData("var entity = db.Entities.AsNoTracking().First(); entity.DecryptFields(cipher); db.SaveChanges();")]
    [InlineData("given.DecryptFields(cipher); db.SaveChanges();")]
    [InlineData(Load + "entity.DecryptFields(cipher); db.ChangeTracker.Clear(); db.SaveChanges();")]
    [InlineData(Load + "db.ChangeTracker.Clear(); entity.DecryptFields(cipher); await db.SaveChangesAsync();")]
    [InlineData(Load + "entity.DecryptFields(cipher); db.Entry(entity).State = EntityState.Detached; db.SaveChanges();")]
    [InlineData("foreach (var each in db.Entities) each.DecryptFields(cipher); db.ChangeTracker.Clear(); db.SaveChanges();")]
    [InlineData("given.DecryptFields(cipher); Sql.Send(given);")]
    [InlineData("given.DecryptFields(cipher); db.Entry(given).State = EntityState.Deleted; db.SaveChanges();")]
    [InlineData("given.DecryptFields(cipher); careful.Entry(given).State = EntityState.Modified; careful.SaveChanges();")]
    [InlineData("given.DecryptFields(cipher); db.Entry(given).State = EntityState.Modified; given.EncryptFields(cipher); "
        + "db.SaveChanges();")]
    [InlineData("var entity = careful.Entities.Find(1)!; entity.DecryptFields(cipher); careful.SaveChanges();")]
    [InlineData("given.DecryptFields(cipher); careful.Update(given); careful.Entities.Add(given);")]
    public Task What_is_not_known_to_be_saved_in_the_clear_may_stay(string body) => Reports(body);

    private static Task Reports(string body) => AnalyzerVerifier<SavedDecryptedAnalyzer>.Reports(
        $$"""
        using System.Linq;
        using System.Threading.Tasks;
        using Dapper;
        using Microsoft.EntityFrameworkCore;

        public class Context : DbContext
        {
            public DbSet<Entity> Entities { get; } = new();
        }

        public class Careful : Context
        {
            public override int SaveChanges() => base.SaveChanges();
        }

        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }

        public static class Use
        {
            public static async Task It(Context db, Careful careful, Entity given, FieldCipher cipher, bool yes)
            {
                await Task.Yield();
                {{body}}
            }
        }
        """.Replace("Sql.", "SqlMapper.", StringComparison.Ordinal),
        libraries:
        [
            """
            using System.Collections.Generic;
            using System.Threading.Tasks;

            namespace Microsoft.EntityFrameworkCore;

            public class DbContext
            {
                public virtual int SaveChanges() => 0;
                public Task<int> SaveChangesAsync() => Task.FromResult(SaveChanges());
                public void Update(object entity) { }
                public ChangeTracking.ChangeTracker ChangeTracker { get; } = new();
                public ChangeTracking.EntityEntry Entry(object entity) => new();
            }

            public class DbSet<TEntity> : List<TEntity>
            {
                public TEntity? Find(object key) => this[0];
                public new void Add(TEntity entity) { }
                public void AddRange(params TEntity[] entities) { }
            }

            public enum EntityState { Detached, Unchanged, Deleted, Modified, Added }

            public static class Extensions
            {
                public static IEnumerable<T> AsNoTracking<T>(this IEnumerable<T> rows) => rows;
            }
            """,
            """
            namespace Microsoft.EntityFrameworkCore.ChangeTracking;

            public class ChangeTracker
            {
                public void Clear() { }
            }

            public class EntityEntry
            {
                public EntityState State { get; set; }
            }
            """,
            """
            namespace Dapper;

            public static class SqlMapper
            {
                public static int Execute(string sql, object? param) => 0;
                public static void Send(object? message) { }
                public static void EncryptAll(object entity) { }
            }
            """,
        ]);
}
