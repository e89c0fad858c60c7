using System.Text.Json.Nodes;

namespace Vexa.Cli.Rehearsal;

/// <summary>A JSON value whose texts have variables.</summary>
internal abstract record JsonTemplate
{
    public abstract IEnumerable<string> Variables { get; }

    public abstract JsonNode? Render(IReadOnlyDictionary<string, string> values);

    public sealed record Text(Template Template) : JsonTemplate
    {
        public override IEnumerable<string> Variables => Template.Variables;

        public override JsonNode Render(IReadOnlyDictionary<string, string> values) => JsonValue.Create(Template.Render(values));
    }

    /// <summary>A number, a truth value or null.</summary>
    public sealed record Constant(JsonValue? Value) : JsonTemplate
    {
        public override IEnumerable<string> Variables => [];

        public override JsonNode? Render(IReadOnlyDictionary<string, string> values) => Value?.DeepClone();
    }

    public sealed record List(IReadOnlyList<JsonTemplate> Items) : JsonTemplate
    {
        public override IEnumerable<string> Variables => Items.SelectMany(item => item.Variables);

        public override JsonNode Render(IReadOnlyDictionary<string, string> values) => new JsonArray([.. Items.Select(item => item.Render(values))]);
    }

    public sealed record Map(IReadOnlyList<KeyValuePair<string, JsonTemplate>> Members) : JsonTemplate
    {
        public override IEnumerable<string> Variables => Members.SelectMany(member => member.Value.Variables);

        public override JsonNode Render(IReadOnlyDictionary<string, string> values) =>
            new JsonObject(Members.Select(member => KeyValuePair.Create(member.Key, member.Value.Render(values))));
    }
}
