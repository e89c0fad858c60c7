using System.Text;
using System.Text.Json;
using Vexa.Cli.Client;
using Vexa.Contracts;

namespace Vexa.Cli.Attack;

/// <summary>What the node saw of a container in which attacks ran.</summary>
internal sealed record CameOut
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Of a weak one.</summary>
    public CameOut(Printed printed) => (Text, Bytes) = (printed.Text, printed.Bytes);

    /// <summary>Of a dispatch.</summary>
    /// <param name="logged">The length of its kept output.</param>
    public CameOut(Dispatched dispatched, Run run, string diffs, long logged)
    {
        (Dispatched, Run, Diffs, Text) = (dispatched, run, diffs, dispatched.Text);
        Bytes = logged + dispatched.Events.Sum(e => (long)JsonSerializer.SerializeToUtf8Bytes(e, VexaJson.Default.UnitEvent).Length);
    }

    public string Text { get; }

    /// <summary>All that left it, events and kept output together.</summary>
    public long Bytes { get; }

    /// <summary>Absent where it was a weak one.</summary>
    public Dispatched? Dispatched { get; }

    /// <summary>As it ended.</summary>
    public Run? Run { get; }

    /// <summary>What its commits changed, as git tells it.</summary>
    public string Diffs { get; } = "";

    public string LastWords => Dispatched?.Events.OfType<Error>().LastOrDefault()?.Message ?? Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";

    public static async Task<CameOut> Of(Dispatched dispatched, AttackStack stack, CancellationToken ct)
    {
        var run = await AwaitEnd(dispatched.Run, stack.Client, ct);
        var diffs = new StringBuilder();
        foreach (var commit in dispatched.Events.OfType<Commit>())
            diffs.Append(await stack.Client.Diff(commit.Workspace, commit.Parent, commit.Sha, ct));
        return new CameOut(dispatched, run, diffs.ToString(), (await stack.Client.Logs(dispatched.Run, ct)).Length);
    }

    private static async Task<Run> AwaitEnd(DispatchId id, VexaClient client, CancellationToken ct)
    {
        for (var since = TimeProvider.System.GetTimestamp(); ;)
        {
            var run = await client.Run(id, ct);
            // One that never ends is told of as it is: no judge takes it for one that did.
            if (run.State == RunState.Ended || TimeProvider.System.GetElapsedTime(since) > Patience)
                return run;

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
        }
    }
}
