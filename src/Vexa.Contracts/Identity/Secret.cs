namespace Vexa.Contracts;

/// <summary>A text that must not be printed: every rendering of it is <c>***</c>; only <see cref="Reveal"/> gives it.</summary>
public sealed class Secret(string value)
{
    public string Reveal() => value;

    public override string ToString() => "***";
}
