using System.Runtime.InteropServices;
using System.Text;

namespace Vexa.Worker.Processes;

/// <summary>Starts one process by <c>posix_spawn</c>: own session and process group, standard input from /dev/null, all signals as new.</summary>
internal static unsafe class Spawn
{
    /// <returns>0, or the error number why it could not be started.</returns>
    public static int Start(SpawnPlan plan, int stdout, int stderr, out int pid)
    {
        var actions = stackalloc byte[Libc.OpaqueSize];
        var attributes = stackalloc byte[Libc.OpaqueSize];
        var signals = stackalloc byte[Libc.OpaqueSize];
        byte** argv = null;
        byte** env = null;
        pid = 0;
        _ = Libc.ActionsInit(actions);
        _ = Libc.AttributesInit(attributes);
        try
        {
            _ = Libc.ActionsOpen(actions, 0, "/dev/null", 0, 0);
            _ = Libc.ActionsDup2(actions, stdout, 1);
            _ = Libc.ActionsDup2(actions, stderr, 2);
            _ = Libc.ActionsChdir(actions, plan.Directory);

            // .NET ignores SIGPIPE, and what is ignored stays ignored across exec: `yes | head` would never end.
            _ = Libc.SigEmptySet(signals);
            _ = Libc.AttributesSigMask(attributes, signals);
            for (var signal = 1; signal < 32; signal++)
                if (signal is not (Libc.SigKill or 19))
                    _ = Libc.SigAddSet(signals, signal);
            _ = Libc.AttributesSigDefault(attributes, signals);
            _ = Libc.AttributesFlags(attributes, Libc.SpawnSetSid | Libc.SpawnSetSigDef | Libc.SpawnSetSigMask);

            argv = Strings(plan.Argv);
            env = Strings([.. plan.Env.Select(pair => $"{pair.Key}={pair.Value}")]);
            int started;
            var error = Libc.PosixSpawn(&started, plan.File, actions, attributes, argv, env);
            pid = started;
            return error;
        }
        finally
        {
            Free(argv);
            Free(env);
            _ = Libc.ActionsDestroy(actions);
            _ = Libc.AttributesDestroy(attributes);
        }
    }

    private static byte** Strings(IReadOnlyList<string> texts)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(texts[i]);
            list[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(list[i], bytes.Length));
        }

        return list;
    }

    private static void Free(byte** list)
    {
        for (var i = 0; list is not null && list[i] is not null; i++)
            NativeMemory.Free(list[i]);
        NativeMemory.Free(list);
    }
}
