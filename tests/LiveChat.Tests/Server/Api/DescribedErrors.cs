using System.Text.Json;
using LiveChat.Server.OpenApi;
using Xunit;

namespace LiveChat.Tests.Server.Api;

/// <summary>What the description of the API says of refusals. Every refusal that a test of the API meets is looked up
/// here.</summary>
internal static class DescribedErrors
{
    private static readonly JsonElement Paths =
        JsonDocument.Parse(OpenApiDocument.Json).RootElement.GetProperty("paths");

    /// <summary>Fails when the operation is described and this code of it is not.</summary>
    public static void Check(string method, string path, int status, string code)
    {
        if (Find(method, path.Split('?')[0]) is not { } operation) return;
        Assert.True(
            operation.GetProperty("responses").TryGetProperty($"{status}", out var response)
                && response.GetProperty("description").GetString()!.Contains($"`{code}`", StringComparison.Ordinal),
            $"{method} {path} answered {status} {code}, which {OpenApiDocument.Path} does not say.");
    }

    private static JsonElement? Find(string method, string path)
    {
        var parts = path.Split('/');
        foreach (var template in Paths.EnumerateObject())
            if (Fits(template.Name.Split('/'), parts)
                && template.Value.TryGetProperty(method.ToLowerInvariant(), out var operation)
                && operation.TryGetProperty("parameters", out _))
                return operation;
        return null;
    }

    private static bool Fits(string[] template, string[] parts) =>
        template.Length == parts.Length
        && template.Zip(parts).All(static pair => pair.First == pair.Second
            || (pair.First.StartsWith('{') && pair.Second.Length > 0));
}
