namespace Vexa.Workspaces;

/// <summary>What a server can do.</summary>
/// <param name="Conditions">It obeys the conditions of a put.</param>
/// <param name="ConditionsOnParts">Also where a multipart upload ends.</param>
/// <param name="QuotedETags">It wants ETags as HTTP writes them, in quotation marks; some compare the text as it stands.</param>
/// <param name="Parts">What was uploaded in parts comes back whole.</param>
internal sealed record S3Support(bool Conditions, bool ConditionsOnParts, bool QuotedETags, bool Parts)
{
    /// <summary>What Amazon's does.</summary>
    public static S3Support Whole { get; } = new(Conditions: true, ConditionsOnParts: true, QuotedETags: true, Parts: true);

    public string Spell(string etag) => QuotedETags ? $"\"{etag}\"" : etag;

    public bool AllowsParts(PutCondition condition) => Parts && (ConditionsOnParts || condition == PutCondition.None);
}
