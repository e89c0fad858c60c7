using System.Runtime.CompilerServices;
using System.Text.Json;
using Vexa.Runtime.Images;

namespace Vexa.Tests.Runtime;

public sealed class ImageSourcesTests
{
    [Fact]
    public void Both_forms_of_apt_sources_are_read()
    {
        var lines = AptSource.ParseLines("# deb http://no bookworm main\ndeb [signed-by=/k.gpg] http://a/debian bookworm main contrib # mine\ndeb-src http://a bookworm main\n");
        Assert.Equal(["deb [signed-by=/k.gpg] http://a/debian bookworm main contrib"], lines.Select(s => s.Line));

        var stanzas = AptSource.ParseStanzas("Types: deb deb-src\n# a comment\nURIs: http://b/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n\nTypes: deb\nURIs: http://c\nSuites: bookworm\nComponents: main\nEnabled: no\n");
        Assert.Equal(["deb [signed-by=/k.gpg] http://b/debian bookworm main", "deb [signed-by=/k.gpg] http://b/debian bookworm-updates main"], stanzas.Select(s => s.Line));
    }

    [Theory]
    [InlineData("bookworm", "main", true)]
    [InlineData("bookworm-security", "main", true)]
    [InlineData("bookworm-backports", "main", false)]
    [InlineData("nodistro", "main", false)]
    [InlineData("bookworm", "stable", false)]
    public void Only_the_release_itself_and_its_updates_serve_it(string suite, string components, bool serves) =>
        Assert.Equal(serves, new AptSource("http://a", suite, components, "").Serves("bookworm"));

    [Theory]
    [InlineData("""{"name":"agent","suite":"bookworm","packages":["git","--hook=x"]}""")]
    [InlineData("""{"name":"../agent","suite":"bookworm","packages":[]}""")]
    [InlineData("""{"name":"agent","suite":"bookworm"}""")]
    [InlineData("""{"name":"agent","suite":"bookworm","packages":[],"more":1}""")]
    [InlineData("garbage")]
    public void A_definition_that_could_mean_something_else_is_refused(string json)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, json);
        Assert.Equal("image-definition", Assert.Throws<VexaException>(() => ImageDefinition.Read(file)).Rule);
        File.Delete(file);
    }

    [Fact]
    public void The_definitions_of_the_repository_are_valid()
    {
        Assert.Equal("agent", ImageDefinition.Read(Path.Combine(Repository(), "images", "agent", "image.json")).Name);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository(), "runners"), "*.json"))
        {
            var runner = JsonSerializer.Deserialize(File.ReadAllBytes(file), VexaJson.Default.AgentRunner)!;
            Assert.Equal(Path.GetFileNameWithoutExtension(file), runner.Name.Value);
            Assert.All(runner.Argv.Concat(runner.ResumeArgv ?? []).Where(a => a.StartsWith('{')), a => Assert.Contains(a, AgentRunner.Placeholders));
            // A prompt that starts with '-' is a prompt.
            Assert.Equal(["--", "{prompt}"], runner.Argv.TakeLast(2));
        }
    }

    private static string Repository([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));
}
