using System.CommandLine;
using System.Diagnostics;
using Vexa.Cli.Commands;
using Vexa.Cli.Images;
using Vexa.Cli.Setup;
using Vexa.Cli.Stack;
using Vexa.Contracts;

namespace Vexa.Cli.Testing;

/// <summary>
/// <c>vexa test</c>: installs what the tests need, builds them, runs them all and closes with one plain line,
/// <c>N passed, N failed, N skipped</c>.
/// </summary>
internal static class TestCommand
{
    private static readonly string[] Suites = ["Vexa.Tests", "Vexa.IntegrationTests"];

    public static Command Create()
    {
        var filter = new Argument<string[]>("filter") { Description = "Passed on to the suites: -class NAME, -method NAME.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("test", "Run all tests, real servers and containers included.") { filter };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            await Installation.Install(Prerequisite.ForTests, terminal.Progress, ct);
            var options = StackOptions.FromEnvironment();
            await AgentImage.Build(options, terminal, ct);
            await CephRoot.Ensure(options, terminal, ct);
            terminal.Line("Building the tests");
            if (await Run(StackStart.Self is [var dotnet, _] ? dotnet : "dotnet", ["build", Path.Combine(ShippedFiles.Root, "Vexa.slnx"), "-c", "Release", "-v", "quiet", "-nologo", "-clp:NoSummary"], options, tally: null, ct) != 0)
                throw new VexaException(Stage.Request, Party.Vexa, "build", "The tests do not build.", "Mend what the compiler says above.");

            var tally = new TestTally();
            var crashed = false;
            foreach (var suite in Suites)
            {
                var before = tally.Total;
                var exit = await Run(Path.Combine(ShippedFiles.Root, "tests", suite, "bin", "Release", "net10.0", suite), ["-noColor", .. parsed.GetValue(filter) ?? []], options, tally, ct);
                crashed |= exit != 0 && tally.Failed == 0 && (tally.Total == before || exit > 1);
            }

            if (crashed)
                tally.Failed++;

            // Again at the end: who has only the last page of a long log finds there what failed.
            foreach (var line in tally.Failures)
                Console.Out.WriteLine(line);
            terminal.Line(tally.ToString());
            return tally is { Failed: 0, Passed: > 0 } ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    private static async Task<int> Run(string program, IEnumerable<string> arguments, StackOptions options, TestTally? tally, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment.Remove(CalledAs.Variable);
        start.Environment["VEXA_HOME"] = ShippedFiles.Root;
        start.Environment["VEXA_TEST_IMAGES"] = options.ImagesFolder;
        start.Environment["VEXA_TEST_CEPH"] = CephRoot.FolderOf(options);
        using var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync(ct) is { } line)
        {
            Console.Out.WriteLine(line);
            tally?.Read(line);
        }

        await process.WaitForExitAsync(ct);
        return process.ExitCode;
    }
}
