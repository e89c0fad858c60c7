using System.CommandLine;
using System.Text.Json;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary><c>vexa logs</c>: the last lines of one role or of all, and on request what comes.</summary>
internal static class LogsCommand
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(150);

    public static Command Create()
    {
        var role = new Argument<string?>("role|run") { Arity = ArgumentArity.ZeroOrOne, Description = "control, runtime, door, redis, rehearsal or supervisor; absent, all. Or a run: what its container printed." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what comes, until Ctrl-C." };
        var lines = new Option<int>("--lines", "-n") { Description = "How many of the last lines of each.", DefaultValueFactory = _ => 40 };
        var command = new Command("logs", "What roles, or a run's container, say; --follow.") { role, follow, lines, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            if (parsed.GetValue(role) is { } name && name.StartsWith("d-", StringComparison.Ordinal))
                return await OfRun(Id.Parse<DispatchId>(name), terminal, ct);

            using var signals = new StopSignals();
            var count = Math.Clamp(parsed.GetValue(lines), 0, 100_000);
            var logs = Find(StackOptions.FromEnvironment(), parsed.GetValue(role));
            // Read before the lines are shown: what comes in between is shown twice rather than not at all.
            var cursors = logs.Select(log => new Cursor(log.Role, log.Path)).ToList();
            Print(terminal, logs, count, parsed.GetValue(follow));
            while (parsed.GetValue(follow) && !signals.Ask.IsCancellationRequested)
            {
                foreach (var cursor in cursors)
                    foreach (var line in cursor.Read())
                        Print(terminal, cursor.Role, line, logs.Count > 1);
                await Task.Delay(Poll, TimeProvider.System, signals.Ask).ContinueWith(static _ => { }, TaskScheduler.Default);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<int> OfRun(DispatchId run, Terminal terminal, CancellationToken ct)
    {
        using var client = Connection.Open();
        var said = await client.Logs(run, ct);
        terminal.Result(new RunOutput(run, said), StackJson.Default.RunOutput);
        if (said.Length > 0)
            terminal.Line(Printable.Clean(said.TrimEnd('\n')));
        else
            terminal.AdviseAside($"The container of run {run} printed nothing, or is gone. What the agent did: vexa events {run}");
        return ExitCodes.Ok;
    }

    private static List<(string Role, string Path)> Find(StackOptions options, string? role)
    {
        var all = Directory.Exists(options.LogsFolder)
            ? Directory.EnumerateFiles(options.LogsFolder, "*.log").Order(StringComparer.Ordinal).Select(path => (Path.GetFileNameWithoutExtension(path), path)).ToList()
            : [];
        if (all.Count == 0)
            throw Faults.Machine("no-logs", $"There are no logs in {options.LogsFolder}.", "Start the stack: vexa up --detach");
        if (role is null)
            return all;

        var one = all.Where(log => log.Item1 == role).ToList();
        return one.Count > 0 ? one : throw new VexaException(Stage.Request, Party.Caller, "unknown-role",
            $"There is no log of '{role}'.", $"Name one of: {string.Join(", ", all.Select(log => log.Item1))}.")
        { Status = 404 };
    }

    private static void Print(Terminal terminal, List<(string Role, string Path)> logs, int count, bool follow)
    {
        var tails = logs.Select(log => new RoleLines(log.Role, RoleLog.Tail(log.Path, count))).ToList();
        if (!follow)
            terminal.Result(new LogsReport(tails), StackJson.Default.LogsReport);
        if (terminal.Json && !follow)
            return;

        foreach (var tail in tails)
            foreach (var line in tail.Lines)
                Print(terminal, tail.Role, line, logs.Count > 1);
    }

    private static void Print(Terminal terminal, string role, string line, bool many)
    {
        if (terminal.Json)
            Console.Out.WriteLine(JsonSerializer.Serialize(new LogLine(role, line), StackJson.Default.LogLine));
        else
            Console.Out.WriteLine(many ? $"{role,-10} {line}" : line);
    }

    /// <summary>Reads on in a file that grows and is now and then turned.</summary>
    private sealed class Cursor(string role, string path)
    {
        private long _position = new FileInfo(path).Length;
        private string _rest = "";

        public string Role => role;

        public string[] Read()
        {
            if (!File.Exists(path))
                return [];

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length < _position)
                _position = 0;
            file.Position = _position;
            using var reader = new StreamReader(file);
            var parts = (_rest + reader.ReadToEnd()).Split('\n');
            // What was read, not what is there: a line that came after the reading is not passed over.
            _position = file.Position;
            _rest = parts[^1];
            return parts[..^1];
        }
    }
}

/// <summary>What <c>vexa logs --json</c> prints; with <c>--follow</c> one <see cref="LogLine"/> a line instead.</summary>
internal sealed record LogsReport(IReadOnlyList<RoleLines> Logs);

/// <summary>What <c>vexa logs RUN --json</c> prints.</summary>
internal sealed record RunOutput(DispatchId Run, string Output);

internal sealed record RoleLines(string Role, IReadOnlyList<string> Lines);

internal sealed record LogLine(string Role, string Line);
