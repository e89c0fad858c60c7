using System.CommandLine;
using Vexa.Cli.Commands;

namespace Vexa.Cli.Rehearsal;

/// <summary><c>vexa rehearsal</c>: serves the rehearsal model.</summary>
internal static class RehearsalCommand
{
    /// <summary>The script that is shipped.</summary>
    public static string DefaultScript => Path.Combine(AppContext.BaseDirectory, "rehearsal", "default.yaml");

    public static Command Create()
    {
        var script = new Option<string>("--script") { Description = "YAML file of rules.", DefaultValueFactory = _ => DefaultScript };
        var listen = new Option<string?>("--listen") { Description = "127.0.0.1:PORT; port 0 takes a free one." };
        var unix = new Option<string?>("--unix") { Description = "Path of a Unix socket, instead of a port." };
        var command = new Command("rehearsal", "A scripted stand-in for a model, without a key.") { script, listen, unix };
        command.SetAction(async (parsed, _) =>
        {
            var address = (parsed.GetValue(listen), parsed.GetValue(unix)) switch
            {
                ({ } port, null) => RehearsalAddress.Port(port),
                (null, { } path) => RehearsalAddress.Unix(path),
                (null, null) => RehearsalAddress.Port("127.0.0.1:0"),
                _ => throw Faults.Input("usage", "Give --listen or --unix, not both.", "See: vexa rehearsal --help"),
            };
            using var signals = new StopSignals();
            var read = ScriptFile.Load(parsed.GetValue(script)!);
            await RehearsalServer.Run(read, address, at => Console.Out.WriteLine($"rehearsal of {read.Rules.Count} rules at {at}"), signals.Ask);
            return ExitCodes.Ok;
        });
        return command;
    }
}
