namespace Vexa.Contracts;

/// <summary>
/// A field of the envelope around many messages. Which of them carry it, and on which side of a boundary, the schema says shape by shape:
/// what a boundary stamps is not there before it, and always there behind it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EnvelopeAttribute : Attribute;
