namespace Vexa.Runtime.Images;

/// <summary>
/// The layers that no image names any more. A container may still run on one, for at most a day. So a layer gets a marker, an empty file
/// beside it, when it is first seen as old; it goes a day after that at the earliest, and the newest few stay.
/// </summary>
internal sealed class OldLayers(string folder, TimeProvider time)
{
    public const int MostKept = 4;
    public static readonly TimeSpan LongestContainer = TimeSpan.FromDays(1);

    public void Remove(IReadOnlyList<string?> current)
    {
        var old = new List<DirectoryInfo>();
        foreach (var layer in new DirectoryInfo(folder).GetDirectories())
        {
            // One that is current again begins its day anew when it is superseded once more.
            if (current.Contains(layer.Name))
                File.Delete(MarkerOf(layer));
            else
                old.Add(layer);
        }

        old.Sort((one, other) => other.LastWriteTimeUtc.CompareTo(one.LastWriteTimeUtc));
        for (var i = 0; i < old.Count; i++)
        {
            var marker = MarkerOf(old[i]);
            if (!File.Exists(marker))
            {
                File.WriteAllText(marker, "");
                File.SetLastWriteTimeUtc(marker, time.GetUtcNow().UtcDateTime);
            }
            else if (i >= MostKept && time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(marker) > LongestContainer)
            {
                old[i].Delete(recursive: true);
                File.Delete(marker);
            }
        }
    }

    private static string MarkerOf(DirectoryInfo layer) => layer.FullName + ".old";
}
