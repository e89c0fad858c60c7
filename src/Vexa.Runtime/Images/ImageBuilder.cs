using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Images;

/// <summary>Where an image comes from, and where it goes.</summary>
public sealed record ImageSources
{
    /// <summary>The images of this node: <c>&lt;data&gt;/images</c>.</summary>
    public required string ImagesFolder { get; init; }

    /// <summary>The definition: <c>images/agent/image.json</c> of the repository.</summary>
    public required string Definition { get; init; }

    /// <summary>Runner definitions; those that name another image are left out.</summary>
    public required IReadOnlyList<AgentRunner> Runners { get; init; }

    /// <summary>What <c>dotnet publish</c> made of the worker; goes to <c>/opt/vexa</c>. Null for an image without one.</summary>
    public required string? WorkerFolder { get; init; }
}

/// <param name="Step"><c>wait</c>, <c>base</c>, <c>runners</c> or <c>worker</c>.</param>
/// <param name="Line">What goes on, in one line.</param>
public sealed record ImageProgress(string Step, string Line);

/// <summary>
/// Builds images: one folder for each of base, runners and worker, named after a hash of what went into it, so only what changed
/// is made anew. A folder is complete before it gets its name, and <c>image.json</c> is replaced last: there is never half an
/// image, and containers that run keep the folders they started with.
/// </summary>
public sealed class ImageBuilder(ImageSources sources, TimeProvider time)
{
    private const int FormatVersion = 1;
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    private static string NpmArchitecture => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64";

    /// <summary>Builds what is missing. Waits where another process builds the same image.</summary>
    /// <exception cref="VexaException">What failed, and how to mend it; what was built before stays usable.</exception>
    public async Task<ImageRecord> Build(IProgress<ImageProgress>? progress, CancellationToken ct)
    {
        if (Libc.EffectiveUser() != 0)
            throw Failed("it has to be built as root", "Run it with sudo.", inner: null);

        Libc.UsePlainUmask();
        var definition = ImageDefinition.Read(sources.Definition);
        var image = Path.Combine(sources.ImagesFolder, definition.Name);
        var layers = Path.Combine(image, "layers");
        Directory.CreateDirectory(layers);
        await using var ours = await Lock(image, progress, ct);
        RemoveUnfinished(layers);

        var runners = sources.Runners.Where(r => r.Image == definition.Name && r.Install is not null).OrderBy(r => r.Name.Value, StringComparer.Ordinal).ToList();
        var record = new ImageRecord
        {
            Name = definition.Name,
            Digest = "",
            Architecture = ImageStore.OwnArchitecture,
            BuiltAt = time.GetUtcNow(),
            Base = await Layer(layers, "base", Hash([.. definition.Packages, definition.Suite, NpmArchitecture]),
                target => new DebianBase(definition).Build(target, Report("base", progress), ct), progress),
            Runners = runners.Count == 0 ? null : await Layer(layers, "runners", Hash([NpmArchitecture, .. runners.SelectMany(r => InstallOf(r.Install!))]),
                target => InstallRunners(target, runners, Report("runners", progress), ct), progress),
            Worker = sources.WorkerFolder is not { } worker ? null : await Layer(layers, "worker", HashFolder(worker),
                target => CopyFolder(worker, target), progress),
        };
        record = record with { Digest = "sha256:" + Hash([record.Base, record.Runners ?? "", record.Worker ?? ""]) };
        if (Known(definition.Name) is { } known && known.Digest == record.Digest && (known.Architecture is null || known.Architecture == ImageStore.OwnArchitecture))
            return known;

        Replace(Path.Combine(image, ImageStore.RecordFile), JsonSerializer.SerializeToUtf8Bytes(record, ImageJson.Default.ImageRecord));
        new OldLayers(layers, time).Remove([record.Base, record.Runners, record.Worker]);
        return record;
    }

    private ImageRecord? Known(string name)
    {
        try
        {
            return new ImageStore(sources.ImagesFolder).Find(name);
        }
        catch (VexaException)
        {
            return null; // a record that cannot be read is what a build mends
        }
    }

    private static async Task<string> Layer(string layers, string step, string hash, Func<string, Task> build, IProgress<ImageProgress>? progress)
    {
        var name = $"{step}-{hash[..16]}";
        var target = Path.Combine(layers, name);
        if (Directory.Exists(target))
        {
            progress?.Report(new ImageProgress(step, "unchanged"));
            return name;
        }

        progress?.Report(new ImageProgress(step, "building"));
        var unfinished = Path.Combine(layers, $".{step}-{hash[..16]}");
        Directory.CreateDirectory(unfinished, Everyone);
        try
        {
            await build(unfinished);
        }
        catch (Exception fault) when (fault is IOException or TimeoutException or CommandFailedException or CommandMissingException)
        {
            throw Explain(step, fault);
        }

        Directory.Move(unfinished, target);
        progress?.Report(new ImageProgress(step, "done"));
        return name;
    }

    private static async Task InstallRunners(string target, IReadOnlyList<AgentRunner> runners, Action<string> lines, CancellationToken ct)
    {
        var packages = runners.SelectMany(r => r.Install!.Npm).Distinct().ToList();
        if (packages.FirstOrDefault(p => !IsPinned(p)) is { } loose)
            throw Failed($"runner package '{loose}' has no exact version", "Write it as name@1.2.3.", inner: null);

        await File.WriteAllTextAsync(Path.Combine(target, "package.json"), """{"private":true}""", ct);
        // npm needs the settings of whoever installs: its registry, its proxy. None of its scripts runs.
        await new Command("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=http", "--", .. packages])
        {
            WorkingDirectory = target,
            Timeout = TimeSpan.FromMinutes(10),
            Environment = OwnEnvironment(),
            Lines = lines,
        }.RunOrThrow(ct);

        var bin = Path.Combine(target, "bin");
        Directory.CreateDirectory(bin, Everyone);
        foreach (var (command, file) in runners.SelectMany(r => r.Install!.Bin))
        {
            var relative = file.Replace("{arch}", NpmArchitecture, StringComparison.Ordinal);
            if (command.Contains('/', StringComparison.Ordinal) || relative.Split('/').Contains("..") || !File.Exists(Path.Combine(target, "node_modules", relative)))
                throw Failed($"the packages have no file {relative} for the command {command}", "Mend install.bin in the runner's definition.", inner: null);

            File.CreateSymbolicLink(Path.Combine(bin, command), $"../node_modules/{relative}");
        }
    }

    private static Task CopyFolder(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)), Everyone);

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            File.Copy(file, copy);
            // Whatever the umask of whoever published it: the agent's user has to read it, and nobody in a container may write it.
            File.SetUnixFileMode(copy, File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute) ? Everyone : Everyone & ~Executable);
        }

        return Task.CompletedTask;
    }

    private async Task<FileStream> Lock(string image, IProgress<ImageProgress>? progress, CancellationToken ct)
    {
        for (var told = false; ; told = true)
        {
            try
            {
                // The kernel lets go of it when the process that has it ends, however it ends.
                return new FileStream(Path.Combine(image, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(Path.Combine(image, ".lock")))
            {
                if (!told)
                    progress?.Report(new ImageProgress("wait", "another process builds this image"));

                await Task.Delay(Retry, time, ct);
            }
        }
    }

    // What a build that was killed left; it may still have /proc or /dev mounted in it.
    private static void RemoveUnfinished(string layers)
    {
        foreach (var folder in Directory.EnumerateDirectories(layers, ".*"))
        {
            MountTable.UnmountAll(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Action<string> Report(string step, IProgress<ImageProgress>? progress) =>
        line => progress?.Report(new ImageProgress(step, line));

    private static bool IsPinned(string package) =>
        package.LastIndexOf('@') is > 0 and var at && Version.TryParse(package.AsSpan(at + 1), out _) && !package.StartsWith('-');

    private static Dictionary<string, string> OwnEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!);

    private static IEnumerable<string> InstallOf(RunnerInstall install) =>
        install.Npm.Concat(install.Bin.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => $"{b.Key}={b.Value}"));

    private static string Hash(IEnumerable<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormatVersion.ToString(CultureInfo.InvariantCulture) + "\n" + string.Join('\n', parts))));

    private static string HashFolder(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var content = File.OpenRead(file);
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(folder, file)}\n{File.GetUnixFileMode(file)}\n"));
            hash.AppendData(SHA256.HashData(content));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Replace(string file, byte[] content)
    {
        File.WriteAllBytes(file + ".new", content);
        File.Move(file + ".new", file, overwrite: true);
    }

    private static VexaException Explain(string step, Exception fault) => fault switch
    {
        CommandMissingException { File: "npm" } => Failed("npm is not installed", "Install it: apt-get install npm", fault),
        CommandMissingException missing => Failed($"{missing.File} is not installed", $"Install it: apt-get install {missing.File}", fault),
        CommandFailedException failed => Failed($"step {step} failed: {LastLine(failed.Result.Errors)}", "Look at the lines above; most often the package servers cannot be reached.", fault),
        TimeoutException => Failed($"step {step} took too long", "See whether the package servers can be reached, then try again.", fault),
        _ => Failed($"step {step} failed: {fault.Message}", "Mend it, then build again; finished steps are kept.", fault),
    };

    private static string LastLine(string text) => text.Trim().Split('\n')[^1];

    internal static VexaException Failed(string why, string hint, Exception? inner) =>
        new(Stage.RuntimeStart, Party.Operator, "image-build", $"The image could not be built: {why}.", hint, inner);

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const UnixFileMode Everyone = Executable | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
}
