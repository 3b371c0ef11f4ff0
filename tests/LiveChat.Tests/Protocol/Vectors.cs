using System.Runtime.CompilerServices;
using System.Text.Json;
using Xunit;

namespace LiveChat.Tests.Protocol;

/// <summary>Reads <c>protocol/vectors</c>, which the tests of every SDK share.</summary>
internal static class Vectors
{
    public static TheoryData<string, JsonElement> Load(string file)
    {
        using var stream = File.OpenRead(Path.Combine(Root(), "protocol", "vectors", file));
        var vectors = new TheoryData<string, JsonElement>();
        foreach (var vector in JsonDocument.Parse(stream).RootElement.EnumerateArray())
        {
            vectors.Add(vector.GetProperty("name").GetString()!, vector.Clone());
        }

        return vectors;
    }

    public static string Text(this JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    public static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
