using System.Diagnostics;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary>One turn, sent and watched to its end.</summary>
internal sealed class Turn
{
    private readonly List<Commit> _commits = [];

    public TurnAddress? Address { get; private set; }
    public IReadOnlyList<Commit> Commits => _commits;
    public TurnComplete? Complete { get; private set; }
    public Error? Error { get; private set; }
    public int Events { get; private set; }
    /// <summary>From sending to the first event that came from inside the container.</summary>
    public TimeSpan? FirstEvent { get; private set; }
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Sends a message, shows its events and, where it committed, the diff. Ctrl-C ends the watching, never the run.</summary>
    public static async Task<Turn> Send(VexaClient client, ChatRequest request, Terminal terminal, CancellationToken ct)
    {
        var turn = new Turn();
        var printer = new EventPrinter(terminal.Output);
        var started = Stopwatch.GetTimestamp();
        try
        {
            await foreach (var (address, unitEvent) in client.Chat(request, ct))
            {
                turn.Observe(address, unitEvent, Stopwatch.GetElapsedTime(started));
                printer.Print(unitEvent);
            }
        }
        catch (OperationCanceledException) when (turn.Address is not null)
        {
            terminal.AdviseAside($"\nThe run goes on: vexa events {turn.Address.Run} --follow   stop it: vexa cancel {turn.Address.Run}");
            throw;
        }

        foreach (var commit in turn.Commits)
            printer.PrintDiff(await client.Diff(commit.Workspace, commit.Parent, commit.Sha, ct));

        return turn;
    }

    public AskResult ToResult() => new()
    {
        Ok = Complete is { Ok: true },
        Run = Address!.Run,
        Session = Address.Session,
        Turn = Address.Turn,
        Reply = Complete?.Reply,
        Error = Error?.Message,
        Hint = Error?.Hint,
        Commits = Commits,
        Events = Events,
    };

    private void Observe(TurnAddress address, UnitEvent unitEvent, TimeSpan elapsed)
    {
        Address = address;
        Elapsed = elapsed;
        Events++;
        if (unitEvent is not TurnAccepted)
            FirstEvent ??= elapsed;

        switch (unitEvent)
        {
            case Commit commit: _commits.Add(commit); break;
            case Error error: Error = error; break;
            case TurnComplete complete: Complete = complete; break;
        }
    }
}
