namespace Vexa.Worker.Commits;

/// <summary>Who commits: the subject is the author, Vexa the committer.</summary>
internal static class GitIdentity
{
    public static void AddTo(IDictionary<string, string> env, SubjectId subject)
    {
        env["GIT_AUTHOR_NAME"] = subject.Value;
        env["GIT_AUTHOR_EMAIL"] = $"{subject}@vexa.local";
        env["GIT_COMMITTER_NAME"] = "Vexa";
        env["GIT_COMMITTER_EMAIL"] = "vexa@vexa.local";
    }
}
