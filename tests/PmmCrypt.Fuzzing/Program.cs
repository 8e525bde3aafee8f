using System.CommandLine;
using PmmCrypt.Fuzzing;

var target = new Argument<string>("TARGET") { Description = $"What is given the inputs: {string.Join(", ", FuzzTarget.Names)}." };
target.AcceptOnlyFromAmong([.. FuzzTarget.Names]);
var inputs = new Option<long>("--inputs") { Description = "How many inputs.", DefaultValueFactory = _ => 10_000_000 };
var seed = new Option<ulong>("--seed") { Description = "Where the random numbers begin.", DefaultValueFactory = _ => 1 };
var minutes = new Option<double>("--minutes") { Description = "When to stop, if sooner.", DefaultValueFactory = _ => 60 };
var root = new RootCommand("Gives PmmCrypt's readers inputs that nobody meant for them. Build it with -c Release.")
{
    target, inputs, seed, minutes,
};
root.SetAction(parsed =>
{
    var run = new FuzzRun(FuzzTarget.Of(parsed.GetValue(target)!), parsed.GetValue(seed), Console.Out);
    run.Run(parsed.GetValue(inputs), TimeSpan.FromMinutes(parsed.GetValue(minutes)));
    return run.Findings == 0 ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
