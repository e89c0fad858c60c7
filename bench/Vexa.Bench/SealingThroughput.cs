using System.Diagnostics;
using System.Globalization;
using Vexa.Workspaces;

namespace Vexa.Bench;

/// <summary>Sealing and opening an object in memory, on one core, against the bare cipher as <c>openssl speed</c> measures it with its largest usual block.</summary>
internal static class SealingThroughput
{
    // 60 % of openssl's throughput.
    private const double MostOverBare = 1 / 0.6;
    private const long Bytes = 512L * 1024 * 1024;
    private const int Turns = 5;
    private const int Block = 16384;

    public static async Task<IReadOnlyList<Figure>> Measured(CancellationToken stop)
    {
        if (!Programs.Has("openssl"))
            return [Figure.NotMeasured("sealing, time over openssl's", "openssl is not installed")];

        using var key = DataKey.New();
        var seal = new ObjectSeal(key, "bench");
        var (bare, sealing, opening) = (new List<double>(), new List<double>(), new List<double>());
        for (var turn = -1; turn < Turns; turn++)
        {
            var (b, s, o) = (await Bare(stop), Sealing(seal), Opening(seal));
            if (turn < 0)
                continue;
            bare.Add(b);
            sealing.Add(s);
            opening.Add(o);
        }

        var yardstick = Measure.Percentile(bare, 50);
        return
        [
            new Figure("openssl aes-256-gcm, one core", Gigabytes(yardstick), "GB/s"),
            new Figure("sealing an object, one core", Gigabytes(Measure.Percentile(sealing, 50)), "GB/s"),
            new Figure("  its time over openssl's", Measure.Percentile(sealing, 50) / yardstick, "x", Math.Round(MostOverBare, 2)),
            new Figure("opening an object, one core", Gigabytes(Measure.Percentile(opening, 50)), "GB/s"),
            new Figure("  its time over openssl's", Measure.Percentile(opening, 50) / yardstick, "x", Math.Round(MostOverBare, 2)),
        ];
    }

    // All are nanoseconds for a byte.
    private static double Gigabytes(double nanoseconds) => 1 / nanoseconds;

    private static async Task<double> Bare(CancellationToken stop)
    {
        var start = new ProcessStartInfo("openssl", ["speed", "-mr", "-seconds", "1", "-bytes", Block.ToString(CultureInfo.InvariantCulture), "-evp", "aes-256-gcm"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var openssl = Process.Start(start)!;
        var errors = openssl.StandardError.ReadToEndAsync(stop);
        var output = await openssl.StandardOutput.ReadToEndAsync(stop);
        await openssl.WaitForExitAsync(stop);
        await errors;

        // "+F:<number>:<cipher>:<bytes a second>"
        var line = output.Split('\n').Single(l => l.StartsWith("+F:", StringComparison.Ordinal));
        return 1e9 / double.Parse(line.Split(':')[3], CultureInfo.InvariantCulture);
    }

    private static double Sealing(ObjectSeal seal)
    {
        using var sealing = new SealingStream(new Zeroes(Bytes), seal, "bench");
        var buffer = new byte[128 * 1024];
        var started = Stopwatch.GetTimestamp();
        while (sealing.Read(buffer.AsSpan()) > 0)
        {
        }

        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / Bytes;
    }

    private static double Opening(ObjectSeal seal)
    {
        const int sealedBytes = 64 * 1024 * 1024;
        var sealedObject = new byte[sealedBytes + sealedBytes / 1024];
        using var sealing = new SealingStream(new Zeroes(sealedBytes), seal, "bench");
        var length = sealing.ReadAtLeast(sealedObject, sealedObject.Length, throwOnEndOfStream: false);
        var started = Stopwatch.GetTimestamp();
        for (var round = 0; round < Bytes / sealedBytes; round++)
        {
            using var opening = new OpeningStream(Stream.Null, seal, "bench");
            for (var at = 0; at < length; at += 128 * 1024)
                opening.Write(sealedObject.AsSpan(at, Math.Min(128 * 1024, length - at)));
        }

        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / Bytes;
    }

    /// <summary>So many zeroes: reading them costs next to nothing.</summary>
    private sealed class Zeroes(long length) : MemoryStream
    {
        private long _left = length;

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(_left, buffer.Length);
            _left -= count;
            return count;
        }
    }
}
