namespace Vexa.Workspaces;

/// <summary>Settings of <see cref="WorkspaceStore"/>; sizes in bytes.</summary>
public sealed record WorkspaceOptions
{
    /// <summary>
    /// Keeps unpacked copies of what the bucket has, and what is being received: on tmpfs, because it is plaintext. May be deleted at any
    /// time. Its path contains no <c>:</c> and no <c>"</c>.
    /// </summary>
    public required string CacheFolder { get; init; }

    /// <summary>Of a bundle that an agent sends, and of the pack that a person pushes.</summary>
    public long LargestBundle { get; init; } = 256L * 1024 * 1024;

    /// <summary>In a bundle that an agent sends: commits, folders and files together.</summary>
    public int MostObjects { get; init; } = 200_000;

    /// <summary>That one commit of an agent may change.</summary>
    public int MostFiles { get; init; } = 50_000;

    /// <summary>Of one file in an agent's commit.</summary>
    public long LargestFile { get; init; } = 100L * 1024 * 1024;

    /// <summary>Of all files together that an agent's commit changes.</summary>
    public long LargestCommit { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Of a file that people read through the API.</summary>
    public long LargestRead { get; init; } = 16L * 1024 * 1024;

    /// <summary>Of a diff; what is longer is cut off.</summary>
    public long LargestDiff { get; init; } = 4L * 1024 * 1024;

    /// <summary>Memory for a git process that reads what an agent sent.</summary>
    public long GitMemory { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Time for one git process.</summary>
    public TimeSpan GitTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time to count the lines that what lands together changes. Others wait meanwhile: what takes longer lands without the numbers.</summary>
    public TimeSpan CountTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Time for one merge. Others wait meanwhile: what takes longer becomes a proposal.</summary>
    public TimeSpan MergeTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Time for a git that hands a workspace out to a person's own.</summary>
    public TimeSpan FetchTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Commits that one push may bring.</summary>
    public int MostCommits { get; init; } = 1000;

    /// <summary>Of a bundle that a person makes a workspace of.</summary>
    public long LargestImport { get; init; } = 4L * 1024 * 1024 * 1024;

    /// <summary>In such a bundle: commits, folders and files together.</summary>
    public int MostImportedObjects { get; init; } = 5_000_000;

    /// <summary>Of these, commits.</summary>
    public int MostImportedCommits { get; init; } = 200_000;

    /// <summary>How long an object that nothing names stays: nobody is about to name it after that.</summary>
    public TimeSpan UnnamedFor { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Bundles that a workspace may consist of before they are made into one, and one more for each megabyte that they weigh.</summary>
    public int MostBundles { get; init; } = 64;

    /// <summary>How often a commit is merged again because another process moved the trunk meanwhile.</summary>
    public int MostRaces { get; init; } = 20;
}
