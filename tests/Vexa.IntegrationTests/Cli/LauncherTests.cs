using System.Diagnostics;

namespace Vexa.IntegrationTests.Cli;

/// <summary>The launcher in a checkout of nothing, with a <c>dotnet</c> that only notes what it is asked.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("vexa-launcher-").FullName;

    public LauncherTests()
    {
        foreach (var file in (string[])["src/Vexa.Cli/a.cs", "src/Vexa.Worker/b.cs", "rehearsal/default.yaml", "contracts/README.md", "Directory.Build.props", "global.json", "BannedSymbols.txt"])
            Write(file, "");
        File.Copy(Repository.Path("vexa"), Path.Combine(_root, "vexa"));
        Write("bin/dotnet", """
            #!/bin/bash
            case $1 in
              --list-sdks) echo "10.0.100 [/x]" ;;
              publish)
                echo "$2" >>"$VEXA_TEST_ROOT/published"
                mkdir -p "$2/obj" "$2/bin" "$6"
                touch "$2/obj/made" "$6/vexa.dll" "$6/vexa-worker"
                chmod +x "$6/vexa-worker"
                eval "$VEXA_TEST_MEANWHILE" ;;
              *) echo "called as $VEXA_COMMAND" ;;
            esac
            """);
        File.SetUnixFileMode(Path.Combine(_root, "bin/dotnet"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_second_call_after_a_fresh_clone_builds_nothing()
    {
        await Call();
        await Call();

        Assert.Equal(2, Published());
    }

    [Theory]
    [InlineData("echo changed >>\"$VEXA_TEST_ROOT/src/Vexa.Cli/a.cs\"")]
    [InlineData("rm -f \"$VEXA_TEST_ROOT/src/Vexa.Worker/b.cs\"")]
    public async Task What_changes_while_it_builds_is_built_at_the_next_call(string meanwhile)
    {
        await Call(meanwhile);
        await Call();
        await Call();

        Assert.Equal(4, Published());
    }

    [Fact]
    public async Task A_later_change_is_built()
    {
        await Call();
        Write("src/Vexa.Cli/a.cs", "changed");
        await Call();

        Assert.Equal(4, Published());
    }

    [Fact]
    public async Task It_says_as_what_it_was_called() => Assert.Equal("called as ./vexa\n", await Call());

    private int Published() => File.ReadAllLines(Path.Combine(_root, "published")).Length;

    private void Write(string file, string text)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private async Task<string> Call(string meanwhile = "true")
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec ./vexa status"]) { WorkingDirectory = _root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Path.Combine(_root, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["VEXA_TEST_ROOT"] = _root;
        start.Environment["VEXA_TEST_MEANWHILE"] = meanwhile;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        return output;
    }
}
