using System.Text.Json.Nodes;
using CsCheck;
using LiveChat.Core.Json;
using Xunit;

namespace LiveChat.Tests;

/// <summary>Merge patches as RFC 7396 has them.</summary>
public sealed class MergePatchTests
{
    /// <summary>The examples of its appendix that are about objects, and what they leave open.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    [InlineData("", "{}", "")]
    [InlineData("""{"a":1}""", "{}", """{"a":1}""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":null}}""", """{"a":{}}""")]
    [InlineData("""{"a":1}""", """{"a":{"b":null,"c":[null]}}""", """{"a":{"c":[null]}}""")]
    [InlineData("""{"\u00FC":1,"x":1.50}""", """{"\u00FC":2,"y":1e3}""", """{"\u00FC":2,"x":1.50,"y":1e3}""")]
    [InlineData("""{"a\"b":"\u0022"}""", """{"c\\":"\n"}""", """{"a\"b":"\u0022","c\\":"\n"}""")]
    public void Objects_are_merged_null_removes_and_the_rest_is_replaced(string target, string patch, string result) =>
        Assert.Equal(result, MergePatch.Apply(target, patch));

    [Fact]
    public void It_is_what_the_standard_says_whatever_the_two_are() =>
        Gen.Select(Object(3), Object(3)).Sample(static (target, patch) =>
        {
            var merged = MergePatch.Apply(target, patch);
            var wanted = Merge(JsonNode.Parse(target), JsonNode.Parse(patch)!);
            Assert.True(JsonNode.DeepEquals(wanted, JsonNode.Parse(merged.Length == 0 ? "{}" : merged)));
            Assert.Equal(merged, MergePatch.Apply(merged, patch));
        });

    /// <summary>The pseudocode of the standard.</summary>
    internal static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var result = target is JsonObject former ? (JsonObject)former.DeepClone() : [];
        foreach (var (name, value) in changes)
            if (value is null) result.Remove(name);
            else result[name] = Merge(result[name], value);
        return result;
    }

    private static Gen<string> Object(int depth) => Gen.Select(Gen.Char["abc"], Value(depth)).Array[0, 4].Select(
        static fields => $"{{{string.Join(',', fields.DistinctBy(static field => field.Item1)
            .Select(static field => $"\"{field.Item1}\":{field.Item2}"))}}}");

    private static Gen<string> Value(int depth)
    {
        var plain = Gen.OneOf("null", "1", "\"x\"", "[null,{\"a\":null}]", "{}");
        return depth == 0 ? plain : Gen.OneOf(plain, Object(depth - 1));
    }
}
