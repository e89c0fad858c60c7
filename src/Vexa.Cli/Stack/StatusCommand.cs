using System.CommandLine;
using System.Globalization;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary><c>vexa status</c>: what runs now, asked of each role at this moment.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "What runs, and what is wrong with it.") { Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var options = StackOptions.FromEnvironment();
            var report = await Ask(options, TimeProvider.System, ct) ?? throw Faults.NotRunning();
            terminal.Result(report, StackJson.Default.StatusReport);
            Print(terminal, report, options);
            return report.Ok ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    /// <summary>Null where nothing runs.</summary>
    public static async Task<StatusReport?> Ask(StackOptions options, TimeProvider time, CancellationToken ct)
    {
        if (StackState.ReadRunning(options) is not { } state)
            return null;

        options = options with { RunFolder = state.RunFolder };
        var roles = await Task.WhenAll(state.Roles.Select(role => Ask(role, options, time, ct)));
        return new StatusReport(
            roles.All(role => role.Fault is null), state.Phase, state.Address, state.Model, state.Containers, state.Supervisor.Pid, options.DataFolder, state.RunFolder, roles);
    }

    private static async Task<RoleReport> Ask(RoleState role, StackOptions options, TimeProvider time, CancellationToken ct)
    {
        HealthCheck health = role.Name == "redis" ? new RedisHealth(options.RedisSocket) : new HttpHealth(options.SocketOf(role.Name));
        var fault = await health.FindFault(ct);
        if (role.Phase != RolePhase.Healthy)
            fault = new RoleFault($"it is {role.Phase.ToString().ToLowerInvariant()}{(fault is null ? "" : $": {fault.Message}")}", fault?.Mend);
        return new RoleReport(role.Name, role.Phase, role.Process, (long)(time.GetUtcNow() - role.Since).TotalSeconds,
            (role.Process?.ResidentBytes() ?? 0) / (1024 * 1024), role.Restarts, role.LastExit, fault?.Message, fault is null ? null : fault.Mend ?? $"Look into its log: vexa logs {role.Name}");
    }

    private static void Print(Terminal terminal, StatusReport report, StackOptions options)
    {
        terminal.Line($"{"role",-11}{"state",-12}{"pid",8}{"up",10}{"memory",10}{"restarts",10}");
        foreach (var role in report.Roles)
            terminal.Line(string.Create(CultureInfo.InvariantCulture,
                $"{role.Name,-11}{role.Phase.ToString().ToLowerInvariant(),-12}{role.Process?.Pid,8}{Span(role.Seconds),10}{role.MemoryMb + " MB",10}{role.Restarts,10}"));
        terminal.Line();
        terminal.Line($"address  {report.Address}");
        terminal.Line($"runs in  {report.Containers}");
        terminal.Line($"model    {(report.Model == "rehearsal" ? "rehearsal (a script answers; set ANTHROPIC_API_KEY for a real one)" : report.Model)}");
        terminal.Line($"data     {report.Data}");
        terminal.Line($"sockets  {report.Run}");
        foreach (var role in report.Roles.Where(role => role.Fault is not null))
        {
            terminal.Line($"wrong    {role.Name}: {role.Fault}");
            terminal.Advise($"mend     {role.Mend}");
        }
    }

    private static string Span(long seconds) => seconds switch
    {
        < 120 => $"{seconds} s",
        < 7200 => $"{seconds / 60} min",
        < 172800 => $"{seconds / 3600} h",
        _ => $"{seconds / 86400} d",
    };
}

/// <summary>What <c>vexa status --json</c> prints.</summary>
/// <param name="Ok">Every role answers that it is well.</param>
internal sealed record StatusReport(bool Ok, StackPhase Phase, string Address, string Model, string Containers, int Pid, string Data, string Run, IReadOnlyList<RoleReport> Roles);

/// <param name="Seconds">How long it has been in this state.</param>
/// <param name="Fault">What is wrong; absent where nothing is.</param>
/// <param name="Mend">What mends it.</param>
internal sealed record RoleReport(string Name, RolePhase Phase, ProcessStamp? Process, long Seconds, long MemoryMb, int Restarts, string? LastExit, string? Fault, string? Mend);
