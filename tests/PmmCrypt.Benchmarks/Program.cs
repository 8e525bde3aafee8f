using System.CommandLine;
using PmmCrypt.Benchmarks;

var root = new RootCommand("Measures PmmCrypt on invented PMM databases. Build it with -c Release.")
{
    new RotationCommand(), new FieldCommand(), new GentleCommand(), new GeneratorCommand(),
};
return await root.Parse(args).InvokeAsync();
