namespace Vexa.Control.Leases;

/// <summary>The keys of control in Redis.</summary>
internal static class RedisKeys
{
    /// <summary>Names this Redis to those that share it.</summary>
    public const string Domain = "vexa:domain";

    public static string Lease(string bucket) => $"vexa:lease:{bucket}";

    public static string Fence(string bucket) => $"vexa:fence:{bucket}";
}
