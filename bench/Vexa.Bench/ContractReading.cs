using System.Diagnostics;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Bench;

/// <summary>What it costs to read one event by its contract: schema, then record. Beside it the record alone, as the yardstick of this machine.</summary>
internal sealed record ContractReading(double Microseconds, double PlainMicroseconds, long Bytes)
{
    private const int Rounds = 200_000;

    public static ContractReading Measure()
    {
        var json = """{"type":"message-delta","text":"The renewal takes effect on July 1, as the note of the call says.","seq":17,"dispatch":"d-rjugm4ubufxvzlyiifmr","turn":"t-rjugm4ubufxvzlyiifmr","at":"2026-07-01T09:00:00.1234567+00:00"}"""u8.ToArray();
        Time(json, Plain);
        Time(json, ByContract);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ByContract(json);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return new ContractReading(Time(json, ByContract), Time(json, Plain), bytes);

        static UnitEvent ByContract(byte[] json) => Contract.Read(json, VexaJson.Default.UnitEvent);
        static UnitEvent Plain(byte[] json) => JsonSerializer.Deserialize(json, VexaJson.Default.UnitEvent)!;
    }

    private static double Time(byte[] json, Func<byte[], UnitEvent> read)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Rounds; i++)
            read(json);

        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Rounds;
    }
}
