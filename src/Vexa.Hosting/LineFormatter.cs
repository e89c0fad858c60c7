using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Vexa.Hosting;

/// <summary>One line per entry: instant, level, category, text, and the exception's own lines below where there is one.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture));
        textWriter.Write(entry.LogLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => " debug ",
            LogLevel.Information => " info  ",
            LogLevel.Warning => " warn  ",
            _ => " error ",
        });
        textWriter.Write(entry.Category[(entry.Category.LastIndexOf('.') + 1)..]);
        textWriter.Write(": ");
        // A log line is one line: what an agent or a client wrote must not be able to forge the next one.
        textWriter.WriteLine(entry.Formatter(entry.State, entry.Exception).ReplaceLineEndings(" "));
        if (entry.Exception is not null)
            textWriter.WriteLine("    " + entry.Exception.ToString().ReplaceLineEndings("\n    "));
    }
}
