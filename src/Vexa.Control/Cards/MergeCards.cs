using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Control.Cards;

/// <summary>
/// Cards for work that lies beside a trunk, at <c>cards/&lt;id&gt;</c>. The id is made of the proposal's commit, so however often the
/// same work arrives, it is one card, and a decision on it stays.
/// </summary>
internal sealed class MergeCards(Records records, WorkspaceStore workspaces, TimeProvider time)
{
    // The work itself is kept for ever; a card that nobody looked at for so long is only in the way.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);
    private const int LongestTitle = 200;
    private const int MostListed = 20;

    /// <summary>Makes the card of a result that is a proposal, where there is none yet. Durable when it returns.</summary>
    public async Task Put(CommitResult result, string proposal, DispatchId dispatch, SubjectId subject, CancellationToken ct)
    {
        var facts = await workspaces.Conflict(result.Workspace, result.Sha, ct);
        var payload = new MergePayload
        {
            Workspace = result.Workspace,
            Ref = proposal,
            Sha = result.Sha,
            Base = facts?.Base,
            Trunk = facts?.Trunk,
            Work = facts?.Work,
            Paths = facts is { Paths.Count: > 0 } ? facts.Paths : null,
        };
        var id = Id.Parse<CardId>($"merge-{result.Sha}");
        await records.TryCreate($"cards/{id}", new MergeCard
        {
            Id = id,
            Dispatch = dispatch,
            Subject = subject,
            Title = Title(result),
            BodyMd = Body(result, payload),
            Payload = payload,
            Hash = HashOf(payload),
            Status = CardStatus.Pending,
            ExpiresAt = time.GetUtcNow() + Lifetime,
        }, VexaJson.Default.ProactiveCard, ct);
    }

    /// <summary>SHA-256 of <c>{kind, payload}</c> (RFC 8785).</summary>
    internal static string HashOf(MergePayload payload)
    {
        var json = $$"""{"kind":"merge","payload":{{JsonSerializer.Serialize(payload, VexaJson.Default.MergePayload)}}}""";
        return Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Of(Encoding.UTF8.GetBytes(json))));
    }

    private static string Title(CommitResult result)
    {
        var title = $"{result.Workspace}: {result.Reason ?? "Conflicts with the trunk"}";
        return title.Length <= LongestTitle ? title : title[..(LongestTitle - 3)] + "...";
    }

    private static string Body(CommitResult result, MergePayload payload)
    {
        var body = new StringBuilder($"This work was done on workspace `{result.Workspace}` while its trunk went on, and both changed the same places. ")
            .Append("The trunk is as it was. The work is kept whole, and waits for you to say whether it goes in.\n");
        if (payload.Paths is { } paths)
        {
            body.Append("\nBoth changed:\n\n");
            foreach (var path in paths.Take(MostListed))
                body.Append("* ").Append(Code(path)).Append('\n');
            if (paths.Count > MostListed)
                body.Append("* and more\n");
        }

        body.Append("\n| | commit |\n|---|---|\n");
        foreach (var (what, commit) in new[] { ("the work", payload.Work), ("the trunk", payload.Trunk), ("what both began with", payload.Base) })
            if (commit is not null)
                body.Append("| ").Append(what).Append(" | `").Append(commit).Append("` |\n");

        return body.Append("\nIt lies at `").Append(payload.Ref).Append("`.\n").ToString();
    }

    // A path is an agent's word: longer marks than it has itself keep it text.
    private static string Code(string path)
    {
        var marks = "`";
        while (path.Contains(marks, StringComparison.Ordinal))
            marks += "`";

        return marks.Length == 1 ? $"`{path}`" : $"{marks} {path} {marks}";
    }
}
