using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vexa.Cli.Rehearsal;

/// <summary>The members of a YAML map, taken one by one; what nobody took is unknown and refused with its line.</summary>
internal sealed class YamlFields
{
    private readonly YamlMappingNode _map;
    private readonly string _what;
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public YamlFields(YamlNode node, string what)
    {
        _map = node as YamlMappingNode ?? throw At(node, $"{what} must be a map");
        _what = what;
    }

    public static YamlException At(YamlNode node, string message) => new(node.Start, node.End, message);

    public static IList<YamlNode> List(YamlNode node, string what) =>
        node is YamlSequenceNode list ? list.Children : throw At(node, $"{what} must be a list");

    public static string Text(YamlNode node) =>
        node is YamlScalarNode { Value: { } text } ? text : throw At(node, "a text is expected here");

    public static int Number(YamlNode node, int least, int most) =>
        int.TryParse(Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw At(node, $"a whole number from {least} to {most} is expected here, not '{Text(node)}'");

    public YamlNode? Optional(string name)
    {
        _taken.Add(name);
        return _map.Children.TryGetValue(new YamlScalarNode(name), out var node) ? node : null;
    }

    public YamlNode Required(string name) => Optional(name) ?? throw At(_map, $"{_what} needs '{name}'");

    public void RefuseOthers()
    {
        foreach (var (key, _) in _map.Children)
            if (!_taken.Contains(Text(key)))
                throw At(key, $"{_what} has no '{Text(key)}', only {string.Join(", ", _taken.Order(StringComparer.Ordinal))}");
    }
}

internal static class YamlNodeReading
{
    /// <summary>Reads an optional node where it is present.</summary>
    public static T Let<T>(this YamlNode node, Func<YamlNode, T> read) => read(node);
}
