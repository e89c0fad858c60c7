using Vexa.Contracts;

namespace Vexa.Streams;

/// <summary>
/// Every Redis key of the streams. A state key carries its stream's name as hash tag, so both lie in one cluster slot; ids have no
/// braces by their grammar.
/// </summary>
internal static class RedisKeys
{
    /// <summary>Written to find out whether anything can be.</summary>
    public const string Health = "unit:health";

    public static string Out(DispatchId dispatch) => $"unit:{dispatch}:out";

    public static string OutState(DispatchId dispatch) => $"{{{Out(dispatch)}}}:state";

    public static string In(DispatchId dispatch) => $"unit:{dispatch}:in";

    public static string InState(DispatchId dispatch) => $"{{{In(dispatch)}}}:state";
}
