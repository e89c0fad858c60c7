using Spectre.Console;
using Vexa.Cli.Client;

namespace Vexa.Tests.Cli;

public sealed class EventPrinterTests
{
    private static readonly TurnId Turn = Id.Parse<TurnId>("t-1");

    [Fact]
    public void A_reply_that_did_not_stream_is_shown_before_the_turns_end()
    {
        var text = Print(new TurnComplete(Ok: true, "All done.") { Turn = Turn });

        Assert.True(text.IndexOf("All done.", StringComparison.Ordinal) is >= 0 and var reply && reply < text.IndexOf("turn complete", StringComparison.Ordinal), text);
    }

    [Fact]
    public void A_reply_that_streamed_is_not_shown_twice_and_the_next_turns_is_shown()
    {
        var text = Print(new MessageDelta("All done.") { Turn = Turn }, new TurnComplete(Ok: true, "All done.") { Turn = Turn }, new TurnComplete(Ok: true, "And more.") { Turn = Turn });

        Assert.Equal(2, text.Split("All done.").Length);
        Assert.Contains("And more.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_head_of_a_diff_is_grey_and_no_removed_line_is()
    {
        var (console, text) = Ansi();
        new EventPrinter(console).PrintDiff("diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -1 +1 @@\n--- was\n+++ is\n");
        var colours = text().Split('\n').ToDictionary(line => line.Split("  ", 2)[^1].Split('\e')[0], line => line.Split('m')[0]);

        Assert.Equal(colours["diff --git a/x b/x"], colours["new file mode 100644"]);
        Assert.NotEqual(colours["diff --git a/x b/x"], colours["--- was"]);
        Assert.NotEqual(colours["--- was"], colours["+++ is"]);
    }

    private static string Print(params UnitEvent[] events)
    {
        var (console, text) = Ansi();
        var printer = new EventPrinter(console);
        foreach (var unitEvent in events)
            printer.Print(unitEvent);
        return text();
    }

    private static (IAnsiConsole Console, Func<string> Text) Ansi()
    {
        var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.Standard });
        console.Profile.Width = int.MaxValue;
        return (console, () => writer.ToString());
    }
}
