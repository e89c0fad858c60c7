using System.Globalization;
using Vexa.Runtime.Native;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>The scripts of the contract suite, as far as they mean something without a kernel, told in C#.</summary>
internal static class FakeScripts
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private static readonly Dictionary<string, Func<FakeContainer, Task>> Known = new(StringComparer.Ordinal)
    {
        ["sleep 30 & kill -9 $!; exit 3"] = Exits(3),
        ["echo ran; sleep 60"] = Says("ran\n"),
        ["echo fine"] = Says("fine\n", exitCode: 0),
        ["echo other; exit 2"] = Says("other\n", exitCode: 2),
        ["true"] = Exits(0),
        ["trap '' TERM; sleep 1000"] = Stays,
        ["trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.05; done"] = async container =>
        {
            container.Write("up\n");
            await Task.WhenAny(container.Asked, container.Ended);
            container.Write("bye\n");
            container.End(5);
        },
        ["exec perl -e '$x = \"x\" x (1 << 30); print length $x'"] = container =>
        {
            container.RunOutOfMemory();
            return Task.CompletedTask;
        },
        ["exec cat /dev/zero"] = Says(new string('\0', OutputRing.Capacity + 1)),
        ["head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo last"] = Says(new string('x', 3_000_000) + "\nlast\n", exitCode: 0),
        ["echo before; while [ ! -e /run/vexa/go ]; do sleep 0.05; done; echo after; exit 9"] = async container =>
        {
            container.Write("before\n");
            await Go(container);
            container.Write("after\n");
            container.End(9);
        },
        ["echo up; while [ ! -e /run/vexa/go ]; do sleep 0.02; done; head -c 30000 /dev/zero | tr '\\0' y; echo written; sleep 1000"] = async container =>
        {
            container.Write("up\n");
            await Go(container);
            container.Write(new string('y', 30_000) + "written\n");
        },
        ["cat /workspaces/notes/notes.md"] = async container =>
        {
            container.Write(await File.ReadAllTextAsync($"{container.Plan.Mounts.Single(mount => mount.Target == "/workspaces/notes").Source}/notes.md"));
            container.End(0);
        },
    };

    /// <exception cref="InvalidOperationException">It is none of those that are known here.</exception>
    public static Task Run(string script, FakeContainer container)
    {
        if (Known.TryGetValue(script, out var known))
            return known(container);
        if (script is "sleep 60" or "sleep 1000")
            return Stays(container);
        if (script.StartsWith("exit ", StringComparison.Ordinal) && int.TryParse(script.AsSpan("exit ".Length), CultureInfo.InvariantCulture, out var exitCode))
            return Exits(exitCode)(container);

        throw new InvalidOperationException($"The fake has no script: {script}");
    }

    private static Task Stays(FakeContainer container) => Task.CompletedTask;

    private static Func<FakeContainer, Task> Exits(int exitCode) => Says("", exitCode);

    /// <summary>Writes that, and ends where it has an exit code.</summary>
    public static Func<FakeContainer, Task> Says(string text, int? exitCode = null) => container =>
    {
        container.Write(text);
        if (exitCode is { } code)
            container.End(code);

        return Task.CompletedTask;
    };

    // As the script: looks for a file, until it is ended.
    private static async Task Go(FakeContainer container)
    {
        while (!File.Exists($"{container.Plan.DoorFolder}/go") && !container.Ended.IsCompleted)
            await Task.Delay(Poll, TimeProvider.System);
    }
}
