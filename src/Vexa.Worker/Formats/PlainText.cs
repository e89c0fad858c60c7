using System.Text;
using Vexa.Worker.Processes;

namespace Vexa.Worker.Formats;

/// <summary><see cref="StreamFormat.Text"/>: every line is answer text. The exit code is the only word on success that there is.</summary>
internal sealed class PlainText : StreamTranslator
{
    private readonly StringBuilder _reply = new();

    public override void Line(ReadOnlySpan<byte> line, bool cut, List<UnitEvent> frames)
    {
        var text = SafeText.Of(line) + (cut ? "… [line cut]\n" : "\n");
        if (_reply.Length < MaxReply)
            _reply.Append(text.AsSpan(0, Math.Min(text.Length, MaxReply - _reply.Length)));
        frames.Add(new MessageDelta(text));
    }

    public override RunOutcome Finish(ExitStatus exit, string errors)
    {
        var reply = SafeText.Of(_reply.ToString()).TrimEnd('\n');
        var failure = (exit.Code, reply) switch
        {
            (0, { Length: > 0 }) => null,
            (0, _) => Ended("runner-silent", "The runner ended without an answer", exit, errors),
            _ => Ended("runner-failed", "The runner failed", exit, errors),
        };
        return new(failure is null, reply.Length > 0 ? reply : null, failure);
    }
}
