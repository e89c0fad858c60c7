using System.Diagnostics;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Attack;

/// <summary>A dispatch of somebody else that lives while attacks run: it says something five times a second, so it is seen when it suffers.</summary>
internal sealed class Victim : IAsyncDisposable
{
    public const string Workspace = "vault";

    // Two processors that are kept busy by attacks may let it wait, but never starve it.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly AttackStack _stack;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _speaks = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _listening;
    private long _heard;
    private long _longest;
    private bool _ended;
    private string _error = "it ended without a word";

    private Victim(AttackStack stack, ChatRequest request)
    {
        _stack = stack;
        _listening = Listen(request);
    }

    public DispatchId Run { get; private set; }

    /// <summary>Its open turn.</summary>
    public TurnId Turn { get; private set; }

    /// <summary>The tip of its workspace.</summary>
    public required string Commit { get; init; }

    public static async Task<Victim> Start(AttackStack stack, Canaries canaries, CancellationToken ct)
    {
        var workspace = Id.Parse<WorkspaceId>(Workspace);
        var made = await stack.Client.CreateWorkspace(new WorkspaceCreate(workspace, new Dictionary<string, string> { ["secret.txt"] = canaries.VictimWorkspace.Secret + "\n" }), ct);
        var victim = new Victim(stack, new ChatRequest
        {
            Prompt = $"export SECRET={canaries.VictimEnvironment.Secret}; exec sh -c 'while :; do echo tick; sleep 0.2; done'",
            Runner = Id.Parse<RunnerName>(AttackStack.Bystander),
            Workspaces = [new WorkspaceAccess(workspace, AccessMode.Rw)],
        })
        { Commit = made.Tip };
        await Task.WhenAny(victim._speaks.Task, victim._listening).WaitAsync(Patience, ct);
        return victim._speaks.Task.IsCompleted ? victim : throw Faults.Machine("attack-victim", $"The dispatch that was to live on did not start: {victim._error}", "Run: vexa doctor");
    }

    /// <summary>Null where it lives and never had to wait long; else what happened to it.</summary>
    public string? Suffered()
    {
        var silence = TimeSpan.FromTicks(Math.Max(_longest, Stopwatch.GetElapsedTime(_heard).Ticks));
        return _ended ? "its dispatch ended" : silence > LongestSilence ? $"it was silent for {silence.TotalSeconds:0.0} s" : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _listening;
        }
        catch (OperationCanceledException)
        {
            // That was the point.
        }

        if (!_ended && Run != default)
            await _stack.Client.Cancel(Run, CancellationToken.None);
        _stop.Dispose();
    }

    private async Task Listen(ChatRequest request)
    {
        await foreach (var (at, unitEvent) in _stack.Client.Chat(request, _stop.Token))
        {
            (Run, Turn) = (at.Run, at.Turn);
            if (unitEvent is Error error)
                _error = error.Message;
            if (unitEvent is not MessageDelta)
                continue;

            var now = Stopwatch.GetTimestamp();
            if (_speaks.TrySetResult())
                _heard = now;
            _longest = Math.Max(_longest, Stopwatch.GetElapsedTime(_heard, now).Ticks);
            _heard = now;
        }

        _ended = true;
    }
}
