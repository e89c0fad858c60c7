namespace Vexa.Contracts;

/// <summary>Names of what travels as a body and is not JSON.</summary>
public static class MediaTypes
{
    /// <summary>A git bundle (gitformat-bundle(5)). No such name is registered with IANA.</summary>
    public const string GitBundle = "application/x-git-bundle";
}
