namespace Vexa.Bench;

/// <summary>How much is measured of the runtime. The budget is for the whole; the quick one shows in time that something is far off.</summary>
internal sealed record RuntimeScale(int IdleDispatches, int OciStarts, int OtherStarts, int PacedSeconds, int WorkspaceMb)
{
    public static readonly RuntimeScale Whole = new(IdleDispatches: 500, OciStarts: 100, OtherStarts: 40, PacedSeconds: 60, WorkspaceMb: 1024);

    public static readonly RuntimeScale Quick = new(IdleDispatches: 20, OciStarts: 30, OtherStarts: 10, PacedSeconds: 10, WorkspaceMb: 128);
}
