using System.Diagnostics;
using System.Globalization;

namespace PmmCrypt.Fuzzing;

/// <summary>Gives a target one input after the other, until there were enough of them or time is over.</summary>
internal sealed class FuzzRun(FuzzTarget target, ulong seed, TextWriter output)
{
    private const int MostFindings = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(30);

    /// <summary>How many inputs were found to break a property.</summary>
    public int Findings { get; private set; }

    public void Run(long inputs, TimeSpan limit)
    {
        foreach (var known in target.Seeds)
            Try(known, -1);
        var chance = new Chance();
        var input = new FuzzInput();
        var clock = Stopwatch.StartNew();
        var told = TimeSpan.Zero;
        long done = 0;
        for (; done < inputs && Findings < MostFindings && clock.Elapsed < limit; done++)
        {
            chance.Begin(seed, done);
            input.Clear();
            target.Make(chance, input);
            Try(input.Bytes, done);
            if (clock.Elapsed - told < Pace)
                continue;
            told = clock.Elapsed;
            Say(done, clock);
        }

        Say(done, clock);
    }

    private void Try(ReadOnlySpan<byte> input, long number)
    {
        try
        {
            target.Check(input);
        }
        catch (Exception e)     // of any kind: it is the finding
        {
            Findings++;
            output.WriteLine($"FOUND {target.Name} seed {seed} input {number} base64 {Convert.ToBase64String(input)}");
            output.WriteLine(e);
            if (number >= 0)
                Corpus.Add(target.Name, $"{e.GetType().Name}, found with seed {seed}", input);
        }
    }

    private void Say(long done, Stopwatch clock) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}: seed {seed}, {done:N0} inputs in {clock.Elapsed.TotalSeconds:N0} s, {Findings} findings"));
}
