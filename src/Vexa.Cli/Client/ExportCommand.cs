using System.CommandLine;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa workspace export</c>: all of a workspace as one git bundle, which any git reads. It is in clear.</summary>
internal static class ExportCommand
{
    private const string StandardOutput = "-";

    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "The workspace." };
        var file = new Argument<string?>("file") { Description = "Where it goes, or - for standard output; else ID.bundle.", Arity = ArgumentArity.ZeroOrOne };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there." };
        var command = new Command("export", "Write all of it, with its history, as one git bundle.") { id, file, force, Terminal.JsonOption() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var workspace = Id.Parse<WorkspaceId>(parsed.GetValue(id));
            using var client = Connection.Open();
            if (parsed.GetValue(file) == StandardOutput)
            {
                if (terminal.Json)
                    throw Faults.Input("usage", "Standard output is either the bundle or JSON.", "Name a file, or leave --json out.");

                await using var output = Console.OpenStandardOutput();
                await Write(client, workspace, output, ct);
                return ExitCodes.Ok;
            }

            var path = Path.GetFullPath(parsed.GetValue(file) ?? $"{workspace}.bundle");
            if (Directory.Exists(path))
                throw Faults.Input("file-exists", $"{path} is a folder.", $"Name a file in it: {Path.Combine(path, $"{workspace}.bundle")}");
            if (File.Exists(path) && !parsed.GetValue(force))
                throw Faults.Input("file-exists", $"There is a file {path} already.", "Name another one, or replace it: --force");

            var bytes = await WriteFile(client, workspace, path, ct);
            terminal.Result(new WorkspaceExported(Ok: true, workspace.Value, path, bytes), ClientJson.Default.WorkspaceExported);
            terminal.Line($"Workspace {workspace} is in {path}, {bytes} bytes, in clear.");
            terminal.AdviseAside($"Look into it: git clone {path}. Make a workspace of it: vexa workspace import ID {path}");
            return ExitCodes.Ok;
        }));
        return command;
    }

    // Under its name there is the whole of it or nothing.
    private static async Task<long> WriteFile(VexaClient client, WorkspaceId workspace, string path, CancellationToken ct)
    {
        var part = $"{path}.{Guid.NewGuid():n}.part";
        try
        {
            await using (var output = new FileStream(part, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                await Write(client, workspace, output, ct);

            File.Move(part, path, overwrite: true);
            return new FileInfo(path).Length;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Faults.Input("file-write", $"{path} cannot be written: {fault.Message}", "Name a file in a folder of yours, on a disk that has room.", fault);
        }
        finally
        {
            if (File.Exists(part))
                File.Delete(part);
        }
    }

    private static async Task Write(VexaClient client, WorkspaceId workspace, Stream output, CancellationToken ct)
    {
        await using var bundle = await client.Export(workspace, ct);
        var buffer = new byte[128 * 1024];
        // A fault of the reading is not one of where it goes.
        while (await Read(bundle, buffer, ct) is > 0 and var read)
            await output.WriteAsync(buffer.AsMemory(0, read), ct);
    }

    private static async Task<int> Read(Stream bundle, Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            return await bundle.ReadAsync(buffer, ct);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw new VexaException(Stage.WorkspaceOpen, Party.Vexa, "export-broken", "The bundle breaks off before its end.", "Try again; where it was written to standard output, what is there is not whole.", broken) { Status = 503 };
        }
    }
}

/// <summary>What <c>vexa workspace export --json</c> prints.</summary>
internal sealed record WorkspaceExported(bool Ok, string Workspace, string File, long Bytes);
