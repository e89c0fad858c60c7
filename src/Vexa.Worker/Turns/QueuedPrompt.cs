namespace Vexa.Worker.Turns;

/// <summary>A prompt that waits for its turn or has it, and may be cancelled.</summary>
internal sealed class QueuedPrompt(Prompt prompt) : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();

    public Prompt Prompt { get; } = prompt;

    public CancellationToken Cancelled => _cancel.Token;

    public async Task Cancel()
    {
        try
        {
            await _cancel.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The turn ended at this very moment.
        }
    }

    public void Dispose() => _cancel.Dispose();
}
