using System.Globalization;
using LiveChat.Tests.Tidy;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A seed for each planted fault that found it once, in <c>found.txt</c>, and in a file of its own for faults between
/// nodes. It is tried first, since to look for one from the beginning costs up to a thousand runs. A change of the
/// product or of the simulator changes what a seed does: then others are tried, and <c>LIVECHAT_WRITE=1</c> writes the
/// one that finds it now. Used by one test at a time.
/// </summary>
internal static class FoundSeeds
{
    /// <summary>The seeds from 1 to a number, the one that found the fault first.</summary>
    public static IEnumerable<int> First<TPlant>(TPlant plant, int seedsMax)
        where TPlant : struct, Enum
    {
        var seeds = Enumerable.Range(1, seedsMax);
        return Read<TPlant>().TryGetValue(plant, out var found)
            ? seeds.OrderByDescending(seed => seed == found)
            : seeds;
    }

    /// <summary>Writes the seed down, if that is wanted.</summary>
    public static void Note<TPlant>(TPlant plant, int seed)
        where TPlant : struct, Enum
    {
        if (Environment.GetEnvironmentVariable("LIVECHAT_WRITE") != "1") return;
        var seeds = Read<TPlant>();
        seeds[plant] = seed;
        File.WriteAllLines(PathOf<TPlant>(), seeds.Select(static found => $"{found.Key} {found.Value}"));
    }

    private static string PathOf<TPlant>()
    {
        var folder = Path.Combine(Repository.Root, "tests", "LiveChat.Tests", "Simulation");
        return typeof(TPlant) == typeof(Plant)
            ? Path.Combine(folder, "found.txt")
            : Path.Combine(folder, "Cluster", "found.txt");
    }

    private static SortedDictionary<TPlant, int> Read<TPlant>()
        where TPlant : struct, Enum
    {
        var seeds = new SortedDictionary<TPlant, int>();
        foreach (var line in File.ReadLines(PathOf<TPlant>()))
        {
            // One that was planted once and is no more is passed over.
            if (Enum.TryParse<TPlant>(line.Split(' ')[0], out var plant))
                seeds[plant] = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        }

        return seeds;
    }
}
