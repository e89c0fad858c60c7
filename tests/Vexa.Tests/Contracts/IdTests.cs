using FsCheck;
using FsCheck.Fluent;
using System.Text.RegularExpressions;

namespace Vexa.Tests.Contracts;

/// <summary>One grammar for every id, and it is safe wherever an id goes.</summary>
public sealed partial class IdTests
{
    [Fact]
    public void Whatever_is_an_id_is_safe_as_path_segment_redis_key_dns_label_and_git_ref() => Prop.ForAll(Ids.ToArbitrary(), text =>
    {
        Assert.True(Id.TryParse<DispatchId>(text, out var id));
        Assert.Equal(text, id.ToString());
        Assert.Equal(text, Path.GetFileName(Path.GetFullPath(Path.Combine("/a/b", text))));
        Assert.Matches(DnsLabel(), $"vexa-agent-{text}");
        Assert.DoesNotMatch(RedisSpecial(), text);
        Assert.DoesNotMatch(RefForbidden(), $"refs/proposals/{text}");
        Assert.Equal(text, Uri.EscapeDataString(text));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Whatever_is_no_id_is_refused_by_type_and_by_schema_alike() => Prop.ForAll(Texts.ToArbitrary(), text =>
    {
        var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(text);
        Assert.Equal(Slug.IsValid(text), Vexa.Schemas.SchemaLibrary.Embedded.Find("common.v1", "Slug").Check(json) is null);
        Assert.Equal(Launcher.TryParse(text, out _), Vexa.Schemas.SchemaLibrary.Embedded.Find("common.v1", "Launcher").Check(json) is null);
    }).QuickCheckThrowOnFailure();

    private static Gen<string> Ids => Gen.Elements("abcdefghijklmnopqrstuvwxyz0123456789-".ToCharArray()).ArrayOf()
        .Select(characters => new string(characters).Trim('-')).Where(text => text.Length is > 0 and <= Slug.MaxLength);

    // Near the border: mostly right, with one thing in it that may be wrong.
    private static Gen<string> Texts => Gen.OneOf(
        Ids,
        Gen.Zip(Ids, Gen.Elements("", "-", "/", "..", ".", "A", " ", "\n", "\0", "é", "_", "@{", "user:", ":", "schedule:", "\u202e")).Select(t => t.Item1 + t.Item2),
        Gen.Zip(Gen.Elements("", "-", "/", "user:", "integration:", "root:", "User:", "\ufeff"), Ids).Select(t => t.Item1 + t.Item2),
        Gen.Choose(45, 52).Select(length => new string('a', length)));

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"[\s\0{}*?\[\]\\]")]
    private static partial Regex RedisSpecial();

    // git-check-ref-format(1).
    [GeneratedRegex(@"\.\.|[\x00-\x20\x7f~^:?*\[\\]|@\{|//|/\.|\.lock(/|\z)|\.\z|/\z")]
    private static partial Regex RefForbidden();
}
