using System.Globalization;
using Spectre.Console;
using Vexa.Workspaces;

namespace Vexa.Cli.Storage;

/// <summary>Shows how far a work is: on a terminal in one line that changes, into a file a line for each thing that it is at.</summary>
internal sealed class WorkStatus(IAnsiConsole console)
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(100);

    public Task<T> Show<T>(string what, Func<IProgress<WorkProgress>, Task<T>> work) => console.Profile.Capabilities.Interactive
        ? console.Status().Spinner(Spinner.Known.Dots).StartAsync(what.EscapeMarkup(), status => work(new Live(what, status)))
        : work(new Lines(what, console));

    private sealed class Live(string what, StatusContext status) : IProgress<WorkProgress>
    {
        private long _told = TimeProvider.System.GetTimestamp();

        public void Report(WorkProgress value)
        {
            if (TimeProvider.System.GetElapsedTime(_told) < Often)
                return;

            _told = TimeProvider.System.GetTimestamp();
            status.Status(string.Create(CultureInfo.InvariantCulture, $"{what}: {value.At}, {value.Done} of {value.Of}").EscapeMarkup());
        }
    }

    private sealed class Lines(string what, IAnsiConsole console) : IProgress<WorkProgress>
    {
        private readonly HashSet<string> _told = new(StringComparer.Ordinal);

        public void Report(WorkProgress value)
        {
            if (_told.Add(value.At))
                console.WriteLine($"{what}: {value.At}");
        }
    }
}
