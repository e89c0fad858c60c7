using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Control.Runners;
using Vexa.Redis;

namespace Vexa.Cli.Setup;

/// <summary>What runs.</summary>
internal static class StackChecks
{
    private const double NearlyFull = 0.9;

    public static async Task<IReadOnlyList<Finding>> Run(StackOptions options, TimeProvider time, CancellationToken ct)
    {
        var model = options.Rehearses
            ? Finding.Ok("model", "rehearsal; ANTHROPIC_API_KEY=... makes it real")
            : Finding.Ok("model", options.ModelEndpoint);
        if (await StatusCommand.Ask(options, time, ct) is not { } status)
            return [Finding.Ok("stack", "not running; start it: vexa up --detach"), Address(options), model, Image(options, runs: false), Runners(options)];

        return
        [
            Finding.Ok("stack", $"{status.Roles.Count(role => role.Fault is null)} of {status.Roles.Count} roles healthy at {status.Address}"),
            .. status.Roles.Where(role => role.Fault is not null).Select(role => Finding.Wrong(role.Name, role.Fault!, role.Mend!)),
            model with { Detail = status.Model == "rehearsal" ? model.Detail : status.Model },
            Image(options, runs: true),
            Runners(options),
            .. await Memory(options with { RunFolder = status.Run }, time, ct),
        ];
    }

    private static Finding Address(StackOptions options) => Supervisor.FindFault(options.Listen) is { } fault
        ? Finding.Wrong("address", $"nothing can listen on {options.Listen}: {fault.Message}", Supervisor.MendOf(options.Listen))
        : Finding.Ok("address", $"{options.Listen} is free");

    private static Finding Image(StackOptions options, bool runs) => (options.HasAgentImage, runs) switch
    {
        (true, _) => Finding.Ok("image", "agent"),
        (_, false) => Finding.Warn("image", "not built yet", "vexa image build"),
        _ => Finding.Wrong("image", "not built, so no agent can run", "vexa image build"),
    };

    private static Finding Runners(StackOptions options)
    {
        try
        {
            return Finding.Ok("runners", string.Join(", ", RunnerCatalog.Load(ShippedFiles.RunnersFolders(options)).All.Select(runner => runner.Name.Value).Order(StringComparer.Ordinal)));
        }
        catch (VexaException fault)
        {
            return Finding.Wrong("runners", fault.Message, fault.Hint);
        }
    }

    // One that is away is told by its role, and a stranger's by what needs it.
    private static async Task<IReadOnlyList<Finding>> Memory(StackOptions options, TimeProvider time, CancellationToken ct)
    {
        try
        {
            await using var redis = new RedisClient(RedisOptions.Parse(options.RedisAddress), time);
            return [Memory((await redis.Execute(RedisCommand.Of("INFO", "memory"), ct)).AsString(), options.Redis is null ? $"redis-cli -s {options.RedisSocket}" : "redis-cli")];
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            return [];
        }
    }

    /// <param name="info">What <c>INFO memory</c> answers.</param>
    /// <param name="cli">The command that speaks to this Redis.</param>
    internal static Finding Memory(string info, string cli)
    {
        var fields = info.Split('\n').Select(line => line.Trim().Split(':', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        var (used, most) = (Number(fields, "used_memory"), Number(fields, "maxmemory"));
        var detail = most == 0 ? $"{used >> 20} MiB used" : $"{used >> 20} of {most >> 20} MiB used";
        return most > 0 && used >= most * NearlyFull
            ? Finding.Wrong("memory", $"Redis is full: {detail}", $"let it use more: {cli} config set maxmemory {Math.Max(most, used) * 2}; or wait until ended runs' streams expire")
            : Finding.Ok("memory", $"Redis, {detail}");
    }

    private static long Number(Dictionary<string, string> fields, string name) => long.TryParse(fields.GetValueOrDefault(name), out var number) ? number : 0;
}
