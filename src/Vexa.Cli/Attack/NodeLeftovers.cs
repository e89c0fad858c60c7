using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;

namespace Vexa.Cli.Attack;

/// <summary>What must not be there once a stack was attacked and stopped.</summary>
internal static class NodeLeftovers
{
    public static IEnumerable<NodeCheck> Of(AttackStack stack)
    {
        yield return Nothing("no mount is left", MountTable.At(stack.RunFolder));
        yield return Nothing("no file is left", Directory.Exists(stack.RunFolder) ? Directory.EnumerateFileSystemEntries(stack.RunFolder, "*", SearchOption.AllDirectories) : []);
        yield return Nothing("no process is left", Processes(stack.RunFolder));
        yield return Nothing("no control group is left", Cgroup.Folders(stack.Options.CgroupParent));
    }

    public static NodeCheck Nothing(string name, IEnumerable<string> left) =>
        left.Take(5).ToList() is { Count: > 0 } some ? new NodeCheck(name, Ok: false, string.Join(", ", some)) : new NodeCheck(name, Ok: true, "yes");

    private static IEnumerable<string> Processes(string run)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            string command, environment;
            try
            {
                (command, environment) = (File.ReadAllText($"{folder}/cmdline"), File.ReadAllText($"{folder}/environ"));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            if (command.Contains(run, StringComparison.Ordinal) || environment.Contains($"VEXA_RUN={run}", StringComparison.Ordinal))
                yield return $"{Path.GetFileName(folder)} {command.Replace('\0', ' ')}";
        }
    }
}
