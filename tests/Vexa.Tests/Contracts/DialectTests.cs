using System.Text;
using Vexa.Schemas;

namespace Vexa.Tests.Contracts;

/// <summary>A schema says what the dialect knows, or it is none: nothing in it is without effect.</summary>
public sealed class DialectTests
{
    [Theory]
    [InlineData("""{"type":"string","minLenght":1}""", "minLenght")]
    [InlineData("""{"type":"string","format":"email"}""", "format")]
    [InlineData("""{"type":"string","pattern":"[a-z]+"}""", "anchored")]
    [InlineData("""{"type":"string","pattern":"^(a)\\1$"}""", "x.v1#/$defs/A")]
    [InlineData("""{"type":["string","null"]}""", "x.v1")]
    [InlineData("""{"type":"null"}""", "type")]
    [InlineData("""{"type":"array"}""", "items")]
    [InlineData("""{"type":"object","properties":{"a":true}}""", "closed")]
    [InlineData("""{"type":"object","properties":{"a":true},"additionalProperties":true}""", "closed")]
    [InlineData("""{"type":"object","properties":{"a":true},"required":["b"],"additionalProperties":false}""", "'b'")]
    [InlineData("""{"type":"array","items":{"type":"object","properties":{},"additionalProperties":false}}""", "$defs")]
    [InlineData("""{"enum":["a","a"]}""", "once")]
    [InlineData("""{"enum":[]}""", "once")]
    [InlineData("""{"enum":["a"],"const":"a"}""", "no place")]
    [InlineData("""{"const":"a","type":"integer"}""", "strings")]
    [InlineData("""{"type":"string","pattern":"^a|b$"}""", "anchored")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"uniqueItems":true}""", "uniqueItems")]
    [InlineData("""{"type":"object","propertyNames":{"type":"string","format":"date-time"}}""", "no time")]
    [InlineData("""{"$ref":"#/$defs/Nowhere"}""", "Nowhere")]
    [InlineData("""{"$ref":"urn:vexa:contract:y.v1#/$defs/A"}""", "y.v1")]
    [InlineData("""{"$ref":"#/$defs/A"}""", "circle")]
    [InlineData("""{"oneOf":[{"$ref":"#/$defs/B"},{"$ref":"#/$defs/B"}]}""", "tag")]
    [InlineData("""{"oneOf":[{"type":"string"}]}""", "no object")]
    [InlineData("""{"allOf":[true]}""", "x.v1")]
    [InlineData("""{"x-reader":"lenient","type":"string"}""", "x-reader")]
    [InlineData("false", "true")]
    public void What_is_not_of_it_is_refused_with_its_place(string schema, string named)
    {
        var bad = Assert.Throws<InvalidDataException>(() => Load($$$"""{"A":{{{schema}}},"B":{"type":"object","properties":{"type":{"const":"b"}},"required":["type"],"additionalProperties":false}}"""));
        Assert.Contains(named, bad.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"$id":"urn:vexa:contract:x.v1","$defs":{}}""")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"urn:vexa:contract:y.v1","$defs":{}}""")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"urn:vexa:contract:x.v1"}""")]
    [InlineData("""{"$schema":1}""")]
    [InlineData("""[]""")]
    [InlineData("""{"$defs":{},"$defs":{}}""")]
    [InlineData("")]
    public void What_is_no_schema_document_is_refused(string document) =>
        Assert.Throws<InvalidDataException>(() => SchemaLibrary.Load([("x.v1", Encoding.UTF8.GetBytes(document))]));

    [Theory]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\" \"abc\" \"äö\" \"\\u00e4\\u00f6\" \"😀😀😀\"", "\"a\" \"abcd\" \"😀\" \"😀😀😀😀\" 7 null")]
    [InlineData("""{"type":"string","pattern":"^a.c$"}""", "\"abc\" \"a\\u0062c\"", "\"abc\\n\" \"xabc\" \"ac\"")]
    [InlineData("""{"type":"integer","minimum":0}""", "0 9007199254740991", "-1 1.0 1e3 9007199254740992 \"1\" true")]
    [InlineData("""{"type":"number","minimum":0.5,"maximum":2}""", "0.5 2 1.25e0", "0.4 2.1 1e999 \"1\"")]
    [InlineData("""{"type":"boolean"}""", "true false", "0 \"true\" null")]
    [InlineData("""{"enum":["a","b"]}""", "\"a\" \"\\u0062\"", "\"A\" \"c\" 1")]
    [InlineData("""{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2,"uniqueItems":true}""", "[\"a\"] [\"a\",\"b\"]", "[] [\"a\",\"a\"] [\"a\",\"\\u0061\"] [\"a\",\"b\",\"c\"] [1] {}")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"integer"},"propertyNames":{"type":"string","pattern":"^[a-z]+$"},"maxProperties":2}""", "{} {\"a\":1,\"b\":2}", "{\"A\":1} {\"a\":\"1\"} {\"a\":1,\"a\":2} {\"a\":1,\"\\u0061\":2} {\"a\":1,\"b\":2,\"c\":3} []")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2026-07-01T09:00:00Z\" \"2026-07-01T09:00:00.123+02:00\" \"2024-02-29T23:59:59Z\"", "\"2026-07-01\" \"2026-07-01T09:00:00\" \"2026-02-29T09:00:00Z\" \"2026-07-01 09:00:00Z\" \"now\" 7")]
    public void Each_word_of_it_has_its_effect(string schema, string accepted, string refused)
    {
        var shape = Load($$"""{"A":{{schema}} }""").Find("x.v1", "A");

        Assert.All(accepted.Split(' '), document => Assert.Null(shape.Check(Encoding.UTF8.GetBytes(document))));
        Assert.All(refused.Replace("01 09", "01_09", StringComparison.Ordinal).Split(' '), document => Assert.NotNull(shape.Check(Encoding.UTF8.GetBytes(document))));
    }

    private static SchemaLibrary Load(string definitions) => SchemaLibrary.Load(
        [("x.v1", Encoding.UTF8.GetBytes("""{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"urn:vexa:contract:x.v1","$defs":""" + definitions + "}"))]);
}
