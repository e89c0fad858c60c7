using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary>Keeps one role alive: starts it, waits until it is healthy, starts it again when it dies.</summary>
internal sealed class SupervisedRole(RoleSpec spec, Spawner spawner, RoleLog log, TimeProvider time, Action<RoleState> changed)
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(10);

    // A role that served this long has earned a quick restart again: what ends it then is no fault of its start, and a longer wait would
    // only keep everybody else waiting.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    // What it says of its end reaches whoever waits for the start, also on a busy machine. Later it is for the log alone, and a restart that
    // a process left behind holds up costs more.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastLines = TimeSpan.FromMilliseconds(500);

    // How a command of ours tells a failure, a line each.
    private const string Error = "error:";
    private const string Mend = "mend:";
    private const int LinesOfLog = 12;
    private const int MostShown = 3;

    private long _logBefore;
    private RoleProcess? _process;
    private RoleState _state = new() { Name = spec.Name, Phase = RolePhase.Waiting, Since = time.GetUtcNow() };

    public RoleSpec Spec => spec;

    public RoleState State => _state;

    /// <summary>Starts it for the first time.</summary>
    /// <exception cref="VexaException">It ended, or was not healthy in time: trying again would not help.</exception>
    public async Task Start(CancellationToken stop)
    {
        var started = time.GetTimestamp();
        _logBefore = log.Length;
        Move(RolePhase.Starting, _process = await RoleProcess.Start(spec, spawner, log));
        while (await spec.Health.FindFault(stop) is { } fault)
        {
            if (_process.HasExited)
            {
                var how = await _process.Exited(CancellationToken.None);
                await _process.Drain(LastWords, time);
                throw Failed($"{spec.Name} ended while it started ({how}).");
            }

            if (time.GetElapsedTime(started) > LongestStart)
                throw NotHealthy(fault);
            await Task.Delay(Poll, time, stop);
        }

        MoveToHealthy(started);
    }

    /// <summary>Starts it again whenever it dies, until stopped.</summary>
    public async Task Keep(CancellationToken stop)
    {
        var backoff = FirstBackoff;
        while (true)
        {
            var healthySince = time.GetTimestamp();
            var how = await _process!.Exited(stop);
            await _process.Drain(LastLines, time);
            _process.Dispose();
            backoff = time.GetElapsedTime(healthySince) > Settled ? FirstBackoff : backoff;
            _state = _state with { LastExit = how, Restarts = _state.Restarts + 1 };
            Move(RolePhase.Restarting, null);
            await Task.Delay(backoff, time, stop);
            backoff = TimeSpan.FromTicks(Math.Min(backoff.Ticks * 2, LongestBackoff.Ticks));

            var started = time.GetTimestamp();
            Move(RolePhase.Starting, _process = await RoleProcess.Start(spec, spawner, log));
            while (!_process.HasExited && await spec.Health.FindFault(stop) is not null)
                await Task.Delay(Poll, time, stop);
            if (!_process.HasExited)
                MoveToHealthy(started);
        }
    }

    /// <summary>Asks it to stop, waits as long as it may take, then kills it.</summary>
    /// <param name="force">Kills at once.</param>
    public async Task Stop(CancellationToken force)
    {
        if (_process is not { } process)
            return;

        Move(RolePhase.Stopping, process);
        process.Ask();
        using (var patience = CancellationTokenSource.CreateLinkedTokenSource(force))
        {
            patience.CancelAfter(spec.StopWithin);
            try
            {
                await process.Exited(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                _state = _state with { LastExit = $"killed: it did not stop within {spec.StopWithin.TotalSeconds:0} s" };
                await process.Exited(CancellationToken.None);
            }
        }

        await process.Drain(LastLines, time);
        process.Dispose();
        Move(RolePhase.Stopped, null);
    }

    private void MoveToHealthy(long started)
    {
        _state = _state with { HealthyAfterMs = (long)time.GetElapsedTime(started).TotalMilliseconds };
        Move(RolePhase.Healthy, _process);
    }

    private void Move(RolePhase phase, RoleProcess? process)
    {
        _state = _state with { Phase = phase, Process = process?.Stamp, Since = time.GetUtcNow() };
        changed(_state);
    }

    // A role that serves knows best what is wrong with it.
    private VexaException NotHealthy(RoleFault fault)
    {
        var message = $"{spec.Name} was not healthy within {LongestStart.TotalSeconds:0} s: {fault.Message}";
        return fault.Mend is { Length: > 0 } mend ? Faults.Machine("role-start", message, mend) : Failed(message);
    }

    private VexaException Failed(string message)
    {
        var last = RoleLog.Tail(log.Path, LinesOfLog, _logBefore);
        // One that refused to start has said why, and what to do.
        var error = last.Select((line, number) => (line, number)).LastOrDefault(l => l.line.StartsWith(Error, StringComparison.Ordinal));
        if (error.line is not null && last.Skip(error.number + 1).FirstOrDefault(line => line.StartsWith(Mend, StringComparison.Ordinal)) is { } mend)
            return Faults.Machine("role-start", $"{message} {error.line[Error.Length..].Trim()}", mend[Mend.Length..].Trim());

        var said = last.Count == 0 ? "" : " It said last: " + string.Join(" / ", last.TakeLast(MostShown).Select(line => line.Trim()));
        return Faults.Machine("role-start", message + said, $"Look into its log: vexa logs {spec.Name}");
    }
}
