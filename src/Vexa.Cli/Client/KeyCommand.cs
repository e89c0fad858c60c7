using System.CommandLine;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa key</c>: the keys that seal the bucket.</summary>
internal static class KeyCommand
{
    public static Command Create() => new("key", "The keys that seal what is stored: key rotate.") { Rotate() };

    private static Command Rotate()
    {
        var command = new Command("rotate", "Make a new key and wrap all data keys under it; what broke off is finished instead.") { Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            using var client = Connection.Open();
            var whole = await client.RotateKeys(ct);
            while (whole.Remaining > 0)
            {
                terminal.AdviseAside($"{whole.Rewrapped} wrapped anew, {whole.Remaining} to go");
                var step = await client.RotateKeys(ct);
                whole = step with { Resumed = whole.Resumed, Rewrapped = whole.Rewrapped + step.Rewrapped };
            }

            terminal.Result(whole, VexaJson.Default.KeyRotation);
            terminal.Line($"{(whole.Resumed ? "An earlier rotation is finished" : "Done")}: {whole.Rewrapped} keys are wrapped under {whole.KeyId} now.");
            terminal.AdviseAside("The keys before it still open older backups. Keep them, or take them out of the key file when no backup needs them.");
            terminal.Line("Copy the key file to its other place again: the copy from before does not open what is backed up from now on.");
            if (whole.Unreadable.Count == 0)
                return ExitCodes.Ok;

            terminal.Line($"Not readable, and left as they are: {string.Join(", ", whole.Unreadable)}");
            return ExitCodes.Failed;
        });
        return command;
    }
}
