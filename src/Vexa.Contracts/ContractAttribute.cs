namespace Vexa.Contracts;

/// <summary>Says of which contract a record is: <c>contracts/&lt;name&gt;/</c>; the first is the one that it is read by. A record that is only part of others has
/// none.</summary>
/// <param name="name"><c>unit.v1</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class ContractAttribute(string name) : Attribute
{
    public string Name { get; } = name;

    /// <summary>The shape in the schema, where it is called otherwise than the record.</summary>
    public string? Shape { get; init; }
}
