using Vexa.Runtime.Images;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>The real base of the agent image, built once for this machine and kept between runs; without runner and worker.</summary>
internal static class TestImage
{
    private static readonly SemaphoreSlim Building = new(1);

    public static string Cache { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("VEXA_TEST_CACHE") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "vexa-test"),
        "images");

    public static string Repository { get; } = FindRepository();

    public static async Task<ImageRecord> Get(CancellationToken ct)
    {
        await Building.WaitAsync(ct);
        try
        {
            return await new ImageBuilder(Sources(Cache, worker: null), TimeProvider.System).Build(progress: null, ct);
        }
        finally
        {
            Building.Release();
        }
    }

    public static ImageSources Sources(string images, string? worker) => new()
    {
        ImagesFolder = images,
        Definition = Path.Combine(Repository, "images", "agent", "image.json"),
        Runners = [],
        WorkerFolder = worker,
    };

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Vexa.slnx")))
                return folder;

        throw new InvalidOperationException("The tests have to lie below the repository.");
    }
}
