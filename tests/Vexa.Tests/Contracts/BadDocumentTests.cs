using System.Text;
using Vexa.Schemas;

namespace Vexa.Tests.Contracts;

/// <summary>What strangers send: refused in one pass, with the place of the fault.</summary>
public sealed class BadDocumentTests
{
    private const string Envelope = """ "seq":1,"dispatch":"d-1","turn":"t-1","at":"2026-07-01T09:00:00Z" """;

    [Theory]
    [InlineData("", "")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("\"phase\"", "")]
    [InlineData("<html>", "")]
    [InlineData("""{"type":"phase" """, "/type")]
    [InlineData("""{"type":"phase","name":"x",$,"colour":1}""", "/colour")]
    [InlineData("""{"type":"phase","name":"x",$} {}""", "")]
    [InlineData("""{"type":"phase","name":"x","name":"y",$}""", "/name")]
    [InlineData("""{"type":"tool-call","call_id":"c","tool":"t","args":{"a":{"b":1,"b":2}},$}""", "/args/a/b")]
    [InlineData("""{"type":"phase","name":NaN,$}""", "/name")]
    [InlineData("""{"type":"phase","name":"\ud800",$}""", "/name")]
    [InlineData("""{"type":"tool-call","call_id":"c","tool":"t","args":["\udc00\ud800"],$}""", "/args/0")]
    [InlineData("""{"type":"tool-call","call_id":"c","tool":"t","args":{"n":9007199254740993},$}""", "/args/n")]
    [InlineData("""{"type":"tool-call","call_id":"c","tool":"t","args":{"n":1e999},$}""", "/args/n")]
    [InlineData("""{"type":"usage","input_tokens":9007199254740992,"output_tokens":1,"model":"m",$}""", "/input_tokens")]
    [InlineData("""{"type":"usage","input_tokens":1.5,"output_tokens":1,"model":"m",$}""", "/input_tokens")]
    [InlineData("""{"type":"usage","input_tokens":-1,"output_tokens":1,"model":"m",$}""", "/input_tokens")]
    [InlineData("""{"\ud800":1,"type":"phase","name":"x",$}""", "/\ufffd")]
    [InlineData("""{"type":"phase","name":"x","\ud800":1,$}""", "/\ufffd")]
    [InlineData("""{"type":"p\ud800",$}""", "/type")]
    [InlineData("""{"type":"error","stage":"runne\ud800","party":"vexa","message":"m","hint":"h",$}""", "/stage")]
    [InlineData("""{"type":"tool-call","call_id":"c","tool":"t","args":{"\udc00":1},$}""", "/args/\ufffd")]
    [InlineData("""{"type":"unheard-of",$}""", "/type")]
    [InlineData("""{"type":7,$}""", "/type")]
    [InlineData("""{"name":"x",$}""", "")]
    [InlineData("""{"type":"phase","name":"x","seq":1,"dispatch":"D/1","turn":"t-1","at":"2026-07-01T09:00:00Z"}""", "/dispatch")]
    [InlineData("""{"type":"phase","name":"x","seq":1,"dispatch":"d-1\n","turn":"t-1","at":"2026-07-01T09:00:00Z"}""", "/dispatch")]
    [InlineData("""{"type":"phase","name":"x","seq":1,"dispatch":"d-1","turn":"t-1","at":"2026-07-01T09:00:00"}""", "/at")]
    [InlineData("""{"type":"phase","name":"x","seq":1,"dispatch":"d-1","turn":"t-1","at":"2026-02-30T09:00:00Z"}""", "/at")]
    public void It_is_refused_with_the_pointer_of_its_fault(string document, string pointer)
    {
        var fault = Assert.Throws<ContractException>(() => Contract.Read(Bytes(document), VexaJson.Default.UnitEvent)).Fault;

        Assert.Equal(pointer, fault.Pointer);
        Assert.NotEmpty(fault.Text);
    }

    [Fact]
    public void What_is_no_utf8_is_refused() =>
        Assert.Equal("is not UTF-8", Assert.Throws<ContractException>(() => Contract.Read([(byte)'"', 0xC3, 0x28, (byte)'"'], VexaJson.Default.UnitEvent)).Fault.Text);

    [Fact]
    public void Ten_thousand_levels_are_refused_at_the_sixty_fifth()
    {
        var fault = Assert.Throws<ContractException>(() => Contract.Read(
            Bytes($$"""{"type":"tool-call","call_id":"c","tool":"t","args":{{new string('[', 10_000)}}{{new string(']', 10_000)}},$}"""), VexaJson.Default.UnitEvent)).Fault;

        Assert.Contains("64 levels", fault.Text, StringComparison.Ordinal);
        Assert.StartsWith("/args", fault.Pointer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(' ')]
    [InlineData('[')]
    [InlineData('x')]
    public void Ten_megabytes_take_little_memory(char filler)
    {
        var document = Bytes($$"""{"type":"message-delta","text":"{{new string('a', 10_000_000).Replace('a', filler)}}",$}""");
        var shape = SchemaLibrary.Embedded.Find("unit.v1", "UnitEvent");
        shape.Check(document);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("/text", shape.Check(document)!.Pointer);

        // The longest text that is looked at is copied nowhere; what is left is the fault itself.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_384);
    }

    [Fact]
    public void A_viewer_passes_over_what_it_does_not_know_and_nobody_else_does()
    {
        var newer = Bytes("""{"type":"phase","name":"x","colour":{"deep":[1,2]},$}""");
        var unknown = Bytes("""{"type":"unheard-of","what":1,$}""");

        Assert.Equal(new Phase("x"), Contract.ReadTolerant<UnitEvent>(newer) with { Seq = 0, Dispatch = null, Turn = null, At = default });
        Assert.Equal(typeof(UnitEvent), Contract.ReadTolerant<UnitEvent>(unknown).GetType());
        Assert.Throws<ContractException>(() => Contract.Read(newer, VexaJson.Default.UnitEvent));
        Assert.Throws<ContractException>(() => Contract.ReadTolerant<UnitEvent>(Bytes("""{"type":"unheard-of","a":1,"a":2,$}""")));
        Assert.Throws<ContractException>(() => Contract.ReadTolerant<ChatRequest>("""{"prompt":"x","colour":1}"""u8));
    }

    [Fact]
    public void Reading_an_event_allocates_less_than_a_kilobyte()
    {
        var document = Bytes("""{"type":"message-delta","text":"The renewal takes effect on July 1, as the note of the call says.",$}""");
        for (var i = 0; i < 100; i++)
            Contract.Read(document, VexaJson.Default.UnitEvent);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Contract.Read(document, VexaJson.Default.UnitEvent);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 1, 1000);
    }

    private static byte[] Bytes(string document) => Encoding.UTF8.GetBytes(document.Replace("$", Envelope, StringComparison.Ordinal));
}
