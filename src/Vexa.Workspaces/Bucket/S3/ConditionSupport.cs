namespace Vexa.Workspaces;

/// <summary>What a server does with the conditions of a put.</summary>
/// <param name="OnPut">It obeys them.</param>
/// <param name="OnParts">Also where a multipart upload ends.</param>
/// <param name="IsQuoted">It wants ETags as HTTP writes them, in quotation marks; some compare the text as it stands.</param>
internal sealed record ConditionSupport(bool OnPut, bool OnParts, bool IsQuoted)
{
    public static ConditionSupport Whole { get; } = new(OnPut: true, OnParts: true, IsQuoted: true);

    public static ConditionSupport None { get; } = new(OnPut: false, OnParts: false, IsQuoted: true);

    public string Spell(string etag) => IsQuoted ? $"\"{etag}\"" : etag;
}
