using System.Diagnostics.CodeAnalysis;

namespace Vexa.Redis;

/// <summary>The types of RESP3. RESP2's null string and null array are <see cref="Null"/>; attributes never reach the caller.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "These are the names that the protocol gives its types.")]
public enum RespKind
{
    Null,
    SimpleString,
    Error,
    Integer,
    BulkString,
    Array,
    Boolean,
    Double,
    BigNumber,
    BulkError,
    VerbatimString,
    Map,
    Set,
    Push,
}
