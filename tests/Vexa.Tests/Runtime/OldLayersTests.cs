using Vexa.Runtime.Images;
using Vexa.Tests.Workspaces;

namespace Vexa.Tests.Runtime;

public sealed class OldLayersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_layer_goes_a_day_after_it_was_superseded_and_the_newest_few_stay()
    {
        for (var i = 0; i <= OldLayers.MostKept; i++)
            Make($"base-{i}", age: i);
        Remove(current: "base-0");
        Remove(current: "base-0");
        Assert.Equal(OldLayers.MostKept + 1, Layers.Count);

        Make("base-new", age: -1);
        Remove(current: "base-new");
        _time.Advance(OldLayers.LongestContainer * 2);
        Remove(current: "base-new");

        Assert.Equal(["base-0", "base-1", "base-2", "base-3", "base-new"], Layers);
        Assert.False(File.Exists(_folder["base-4.old"]));
    }

    [Fact]
    public void A_layer_that_was_current_again_begins_its_day_anew()
    {
        for (var i = 0; i <= OldLayers.MostKept; i++)
            Make($"base-{i}", age: i);
        Make("base-again", age: 100);
        Remove(current: "base-0");

        _time.Advance(OldLayers.LongestContainer * 2);
        Remove(current: "base-again");
        Make("base-newer", age: -1);
        Remove(current: "base-0");
        Assert.Contains("base-again", Layers);

        _time.Advance(OldLayers.LongestContainer * 2);
        Remove(current: "base-0");
        Assert.DoesNotContain("base-again", Layers);
    }

    private List<string> Layers => [.. Directory.GetDirectories(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private void Make(string layer, int age)
    {
        Directory.CreateDirectory(_folder[layer]);
        Directory.SetLastWriteTimeUtc(_folder[layer], _time.GetUtcNow().UtcDateTime.AddMinutes(-age));
    }

    private void Remove(string current) => new OldLayers(_folder.Path, _time).Remove([current, null]);
}
