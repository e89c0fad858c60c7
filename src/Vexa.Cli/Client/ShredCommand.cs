using System.CommandLine;
using System.Globalization;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa workspace shred</c>: destroys a workspace, and prints the certificate.</summary>
internal static class ShredCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "The workspace." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("shred", "Destroy a workspace's key and bundles for good, and print the certificate.") { id, yes, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var workspace = Id.Parse<WorkspaceId>(parsed.GetValue(id));
            if (!parsed.GetValue(yes))
                await RequireConsent(terminal, workspace, ct);

            using var client = Connection.Open();
            var certificate = await client.Shred(workspace, ct);
            terminal.Result(certificate, VexaJson.Default.ShredCertificate);
            Print(terminal, certificate);
            return ExitCodes.Ok;
        });
        return command;
    }

    // Without a person to ask, standard input is at its end, and that is no consent.
    private static async Task RequireConsent(Terminal terminal, WorkspaceId workspace, CancellationToken ct)
    {
        terminal.AdviseAside($"Workspace {workspace} will be destroyed; nothing brings it back. Type its id to go on:");
        if ((await Console.In.ReadLineAsync(ct))?.Trim() != workspace.Value)
            throw Faults.Input("not-confirmed", $"Workspace {workspace} stays: its id was not typed.", $"Type the id when asked, or: vexa workspace shred {workspace} --yes");
    }

    private static void Print(Terminal terminal, ShredCertificate certificate)
    {
        var gone = certificate.Tombstone;
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $"""
            Workspace {gone.Workspace} is destroyed.
              when     {gone.At:yyyy-MM-dd HH:mm:ss} UTC
              by       {gone.By}
              state    generation {gone.Generation}, {gone.Bundles} bundles of {gone.Bytes} bytes
              key      its own, wrapped under {gone.KeyId}
              signed   {certificate.Signed}
            """));
        terminal.AdviseAside("What was said in the runs that worked on it remains in their records, transcripts and cards, and what a living container has of it until that ends.");
        terminal.AdviseAside($"Backups that were made before still have it. Remove them: vexa backup TARGET --keep 1. Or close them all: vexa key rotate, then take {gone.KeyId} out of the key file.");
    }
}
