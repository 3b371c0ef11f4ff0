using System.Text.Json;
using LiveChat.EndToEnd.Crash;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;
using Xunit;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>Clients that generators make from <c>/openapi/v1.json</c> compile, send and read.</summary>
public sealed class GeneratedClientTests
{
    private static readonly string Sources = Path.Combine(AppContext.BaseDirectory, "Foreign");

    [Fact]
    public async Task A_TypeScript_client_that_openapi_typescript_makes_compiles_and_chats()
    {
        var folder = Path.Combine(Sources, "typescript");
        await Requirement.ProgramAsync("ws", "node", "--version");
        await Requirement.ProgramAsync("ws", "npm", "ci", "--prefix", folder, "--no-audit", "--no-fund",
            "--ignore-scripts");
        await using var chat = await ForeignChat.StartAsync();
        var description = Path.Combine(folder, "openapi.json");
        await File.WriteAllTextAsync(description, await DescriptionAsync(chat), chat.Limit);

        var tools = Path.Combine(folder, "node_modules");
        await Shell.RunAsync(
            "node", Path.Combine(tools, "openapi-typescript", "bin", "cli.js"), description, "-o",
            Path.Combine(folder, "api.ts"));
        await Shell.RunAsync("node", Path.Combine(tools, "typescript", "bin", "tsc"), "--project", folder);
        var output = await Shell.RunAsync(
            "node", Path.Combine(folder, "client.js"), chat.Endpoint.GetLeftPart(UriPartial.Authority), chat.Token,
            chat.Chat);

        await AssertSaidAsync(chat, "hello from TypeScript", output);
    }

    [Fact]
    public async Task A_csharp_client_that_NSwag_makes_compiles_and_chats()
    {
        using var folder = new ScratchDirectory();
        await using var chat = await ForeignChat.StartAsync();
        var description = await OpenApiDocument.FromJsonAsync(await DescriptionAsync(chat), chat.Limit);
        var generator = new CSharpClientGenerator(description, new CSharpClientGeneratorSettings
        {
            ClassName = "LiveChatApi",
            CSharpGeneratorSettings = { Namespace = "Generated", JsonLibrary = CSharpJsonLibrary.SystemTextJson },
        });
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "LiveChatApi.cs"), generator.GenerateFile(), chat.Limit);
        File.Copy(Path.Combine(Sources, "csharp", "Program.cs.txt"), Path.Combine(folder.Path, "Program.cs"));
        var project = Path.Combine(folder.Path, "client.csproj");
        File.Copy(Path.Combine(Sources, "csharp", "client.csproj.txt"), project);

        await Shell.RunAsync("dotnet", "build", project, "-o", Path.Combine(folder.Path, "out"), "-nodeReuse:false");
        var output = await Shell.RunAsync(
            "dotnet", Path.Combine(folder.Path, "out", "client.dll"),
            chat.Endpoint.GetLeftPart(UriPartial.Authority), chat.Token, chat.Chat);

        await AssertSaidAsync(chat, "hello from C#", output);
    }

    private static async Task<string> DescriptionAsync(ForeignChat chat)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(chat.Endpoint, "/openapi/v1.json"), chat.Limit);
    }

    private static async Task AssertSaidAsync(ForeignChat chat, string text, string output)
    {
        Assert.Equal(text, await chat.HearAsync());
        Assert.Equal([text], JsonSerializer.Deserialize<string[]>(output.Split('\n')[^1])!);
    }
}
