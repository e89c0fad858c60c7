using Vexa.Cli.Stack;

namespace Vexa.Cli.Setup;

/// <summary>What runs.</summary>
internal static class StackChecks
{
    public static async Task<IReadOnlyList<Finding>> Run(StackOptions options, TimeProvider time, CancellationToken ct)
    {
        var model = options.Rehearses
            ? Finding.Ok("model", "rehearsal; ANTHROPIC_API_KEY=... makes it real")
            : Finding.Ok("model", options.ModelEndpoint);
        var image = Finding.Ok("image", File.Exists(Path.Combine(options.ImagesFolder, "agent", "image.json")) ? "agent" : "not built yet; build it: vexa image build");
        if (await StatusCommand.Ask(options, time, ct) is not { } status)
            return [Finding.Ok("stack", "not running; start it: vexa up --detach"), model, image];

        return
        [
            Finding.Ok("stack", $"{status.Roles.Count(role => role.Fault is null)} of {status.Roles.Count} roles healthy at {status.Address}"),
            .. status.Roles.Where(role => role.Fault is not null).Select(role => Finding.Wrong(role.Name, role.Fault!, role.Mend!)),
            model with { Detail = status.Model == "rehearsal" ? model.Detail : status.Model },
            image,
        ];
    }
}
