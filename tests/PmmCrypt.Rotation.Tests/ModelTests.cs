using System.Globalization;
using CsCheck;
using PmmCrypt.Rotation.Tests.Modelling;

namespace PmmCrypt.Rotation.Tests;

/// <summary>
/// Whatever order an operator, a service and faults come in: after each step the database and key file are what a model in memory says
/// that they are. PMMCRYPT_MODEL_ITERATIONS says how many orders are tried.
/// </summary>
public sealed class ModelTests
{
    private static readonly long Iterations =
        long.TryParse(Environment.GetEnvironmentVariable("PMMCRYPT_MODEL_ITERATIONS"), CultureInfo.InvariantCulture, out var asked) ? asked : 30;

    [Fact]
    public Task Every_plaintext_survives_every_sequence_of_steps() => Gen.Select(Step.Any.Array[0, 3], Step.Any.Array[3, 20]).SampleAsync(
        async (before, after) =>
        {
            using var both = new SideBySide();
            foreach (var step in before)
                await both.TakeAsync(step);
            await both.TakeAsync(new Step(Act.Init, 0, 0, false, false, 1));
            foreach (var step in after)
                await both.TakeAsync(step);
        },
        iter: Iterations, threads: 1,
        print: steps => string.Join(Environment.NewLine, steps.Item1.Concat(steps.Item2).Select(step => step.ToString())));
}
