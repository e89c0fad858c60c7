namespace Vexa.Worker.Door;

/// <summary>Keeps the token fresh: asks for the next one when two thirds of its life are over.</summary>
internal sealed class TokenRenewal(DoorClient door, DoorToken token, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Runs until cancelled, or until the door refuses; whatever speaks next then meets the refusal and reports it.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        while (DoorToken.LifeOf(token.Current) is { } life)
        {
            var due = life.Until - life.Lifetime / 3 - clock.GetUtcNow();
            // At least a pause, so that a token that is born stale does not make a busy loop.
            await Task.Delay(due > Pause ? due : Pause, clock, cancellation);
            try
            {
                token.Replace((await door.RenewToken(cancellation)).Token);
            }
            catch (DoorUnavailableException)
            {
                // The old token is still good for a third of its life; the loop comes back after the pause.
            }
            catch (VexaException)
            {
                return;
            }
        }
    }
}
