using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Cli.Images;
using Vexa.Cli.Stack;

namespace Vexa.Cli.Client;

/// <summary>Which Vexa the commands talk to: <c>VEXA_URL</c> with <c>VEXA_TOKEN</c>, else the one on this machine.</summary>
internal static class Connection
{
    /// <exception cref="Vexa.Contracts.VexaException">It does not run, or the variables are unusable.</exception>
    public static VexaClient Open()
    {
        if (Remote() is { } remote)
            return remote;

        var options = StackOptions.FromEnvironment();
        return File.Exists(options.ApiSocket) ? VexaClient.Local(options.ApiSocket) : throw Faults.NotRunning();
    }

    /// <summary>The same, after starting the one on this machine where it does not run; with progress.</summary>
    public static async Task<VexaClient> OpenStarted(Terminal terminal, CancellationToken ct)
    {
        if (Remote() is { } remote)
            return remote;

        var options = StackOptions.FromEnvironment();
        if (StackState.ReadRunning(options) is not { Phase: StackPhase.Running })
        {
            await AgentImage.Ensure(options, terminal, ct);
            await new StartProgress(terminal.Progress).Show(progress => StackStart.Detached(options, TimeProvider.System, progress, ct));
        }

        // With --json nobody reads along: it is left for the next command that speaks to a person.
        if (!terminal.Json && StackStart.TakeFirstToken(options) is { } token)
            terminal.Progress.WriteLine($"API token, shown this once: {token}");
        return VexaClient.Local(options.ApiSocket);
    }

    /// <summary>Where a person's git finds workspaces, and the token that is given for it; null where it is this machine's, which needs one made.</summary>
    /// <exception cref="Vexa.Contracts.VexaException">It does not run, or the variables are unusable.</exception>
    public static (Uri Address, string? Token) ForGit()
    {
        if (RemoteAddress() is { } remote)
            return (remote.Address, remote.Token);

        return StackState.ReadRunning(StackOptions.FromEnvironment()) is { } running ? (new Uri(running.Address), null) : throw Faults.NotRunning();
    }

    private static VexaClient? Remote() => RemoteAddress() is var (address, token) ? VexaClient.Remote(address, token) : null;

    private static (Uri Address, string Token)? RemoteAddress()
    {
        if (Environment.GetEnvironmentVariable("VEXA_URL") is not { Length: > 0 } url)
            return null;

        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw Faults.Input("vexa-url", $"VEXA_URL is no http(s) address: {url}", "Set it to http://HOST:PORT, or unset it for the stack on this machine.");

        return Environment.GetEnvironmentVariable("VEXA_TOKEN") is { Length: > 0 } token
            ? (address, token)
            : throw Faults.Input("vexa-token", "VEXA_URL is set, VEXA_TOKEN is not.", "Set VEXA_TOKEN to an API token of that Vexa.");
    }
}
