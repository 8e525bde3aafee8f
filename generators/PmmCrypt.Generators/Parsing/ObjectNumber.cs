using System.Globalization;
using System.Runtime.CompilerServices;

namespace PmmCrypt.Generators.Parsing;

/// <summary>
/// Numbers for the compiler's own immutable objects: the same number is the same object, and so the same meaning. A number can be kept
/// where the object must not be, which would keep alive all that it refers to.
/// </summary>
internal static class ObjectNumber
{
    private static readonly ConditionalWeakTable<object, string> Numbers = new();
    private static long _last;

    /// <summary>Another one for each object in the life of the process.</summary>
    public static string Of(object immutable) => Numbers.GetValue(
        immutable, static _ => Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture));
}
