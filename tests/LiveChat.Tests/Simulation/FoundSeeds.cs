using System.Globalization;
using LiveChat.Tests.Tidy;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A seed for each planted fault that found it once, in <c>found.txt</c>. It is tried first, since to look for one from
/// the beginning costs up to a thousand runs. A change of the product or of the simulator changes what a seed does:
/// then others are tried, and <c>LIVECHAT_WRITE=1</c> writes the one that finds it now. Used by one test at a time.
/// </summary>
internal static class FoundSeeds
{
    private static readonly string File =
        Path.Combine(Repository.Root, "tests", "LiveChat.Tests", "Simulation", "found.txt");

    /// <summary>The seeds from 1 to a number, the one that found the fault first.</summary>
    public static IEnumerable<int> First(Plant plant, int seedsMax)
    {
        var seeds = Enumerable.Range(1, seedsMax);
        return Read().TryGetValue(plant, out var found) ? seeds.OrderByDescending(seed => seed == found) : seeds;
    }

    /// <summary>Writes the seed down, if that is wanted.</summary>
    public static void Note(Plant plant, int seed)
    {
        if (Environment.GetEnvironmentVariable("LIVECHAT_WRITE") != "1") return;
        var seeds = Read();
        seeds[plant] = seed;
        System.IO.File.WriteAllLines(File, seeds.Select(found => $"{found.Key} {found.Value}"));
    }

    private static SortedDictionary<Plant, int> Read()
    {
        var seeds = new SortedDictionary<Plant, int>();
        foreach (var line in System.IO.File.ReadLines(File))
        {
            // One that was planted once and is no more is passed over.
            if (Enum.TryParse<Plant>(line.Split(' ')[0], out var plant))
                seeds[plant] = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        }

        return seeds;
    }
}
