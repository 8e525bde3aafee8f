using System.CommandLine;
using PmmCrypt.Benchmarks;

var root = new RootCommand("Measures PmmCrypt on invented PMM databases. Build it with -c Release.") { new RotationCommand() };
return await root.Parse(args).InvokeAsync();
