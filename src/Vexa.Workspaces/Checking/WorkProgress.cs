namespace Vexa.Workspaces;

/// <summary>How far a work on many objects is.</summary>
/// <param name="At">What it is at, in a word or two.</param>
/// <param name="Of">As many as were there when it began.</param>
public readonly record struct WorkProgress(string At, long Done, long Of);

internal sealed class StepCount(IProgress<WorkProgress> progress, long of)
{
    private long _done;

    public void Done(string at) => progress.Report(new WorkProgress(at, ++_done, Math.Max(of, _done)));
}
